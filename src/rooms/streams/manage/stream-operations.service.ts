import { Inject, Injectable } from '@nestjs/common';
import { CheckpointSigner } from '../../../monitoring/proof/signing/checkpoint-signer.service.js';
import { PrimaryReader } from '../../../monitoring/store/ledger-reader.service.js';
import type { LedgerSession } from '../../../monitoring/store/sessions/ledger-session.js';
import { STORE_OPTIONS, type StoreOptions } from '../../../monitoring/store/store-options.js';
import { type StreamOperator, useStreamsSession } from '../stream-acts.js';
import { readStreamReports } from '../stream-report.js';
import { StreamRunner } from '../stream-runner.service.js';
import type { StreamReport } from '../stream.dto.js';

type StreamRequester = Pick<StreamOperator, 'actor' | 'reason'>;

/** A function that changes a stream in the name of an operator. */
export type StreamWork<Result> = (session: LedgerSession, operator: StreamOperator) => Promise<Result>;

/** Shows and changes streams. Each change is stored with a signed act, and is durable when the method resolves. */
@Injectable()
export class StreamOperations {
  constructor(
    @Inject(STORE_OPTIONS) private readonly store: Pick<StoreOptions, 'sequencerUrl'>,
    @Inject(PrimaryReader) private readonly reader: PrimaryReader,
    @Inject(CheckpointSigner) private readonly signer: CheckpointSigner,
    @Inject(StreamRunner) private readonly runner: StreamRunner,
  ) {}

  /** Lists all streams, sorted by name. @throws `AUDIT_LEDGER_UNAVAILABLE` */
  list(): Promise<readonly StreamReport[]> {
    return readStreamReports(this.reader);
  }

  /** Changes streams in the name of a requester. If this instance leads the streams, it notices the change at once. */
  async change<Result>(by: StreamRequester, work: StreamWork<Result>): Promise<Result> {
    const operator = { ...by, signer: this.signer };
    const result = await useStreamsSession(this.store.sequencerUrl, (session) => work(session, operator));
    this.runner.notice();
    return result;
  }
}

import { Inject, Injectable } from '@nestjs/common';
import { Catalogue, ownPackage } from '../../../audit/nest-free.js';
import type { LedgerAccess } from '../../../monitoring/read/access/ledger-access.js';
import { CheckpointSigner } from '../../../monitoring/proof/signing/checkpoint-signer.service.js';
import { PrimaryReader } from '../../../monitoring/store/ledger-reader.service.js';
import type { LedgerSession } from '../../../monitoring/store/sessions/ledger-session.js';
import { STORE_OPTIONS, type StoreOptions } from '../../../monitoring/store/store-options.js';
import { removeStream } from '../change-stream.js';
import { type StreamOperator, useStreamsSession } from '../stream-acts.js';
import { readStreamReports } from '../stream-report.js';
import { StreamRunner } from '../stream-runner.service.js';
import type { DryRun, ShownStream } from '../stream.dto.js';
import { STREAMS_OPTIONS, type ResolvedStream, type StreamsSlice } from '../streams-options.js';
import { dryRun, type DryRunWanted } from './dry-run.js';
import { addStream, checked, findStored, optionsOf, type StreamMaker } from './stored-streams.js';
import { streamsErrors } from '../streams.errors.js';

export type StreamRequester = Pick<StreamOperator, 'actor' | 'reason'>;

/** A function that changes streams. The function must call `notice` before it waits for the leader. */
export type StreamWork<Result> = (session: LedgerSession, maker: StreamMaker, notice: () => void) => Promise<Result>;

type Options = Readonly<Record<string, unknown>>;

const STORED = 'SELECT name, options, key_id, old_secret_until FROM audit_stream_definition';

/**
 * Shows, makes and changes streams while the application runs. Each change is stored with a signed act, and is durable when the method
 * resolves.
 */
@Injectable()
export class StreamOperations {
  constructor(
    @Inject(STREAMS_OPTIONS) private readonly options: StreamsSlice,
    @Inject(STORE_OPTIONS) private readonly store: Pick<StoreOptions, 'sequencerUrl'>,
    @Inject(PrimaryReader) private readonly reader: PrimaryReader,
    @Inject(CheckpointSigner) private readonly signer: CheckpointSigner,
    @Inject(StreamRunner) private readonly runner: StreamRunner,
    @Inject(Catalogue) private readonly catalogue: Catalogue,
  ) {}

  /** Lists all streams, sorted by name. @throws `AUDIT_LEDGER_UNAVAILABLE` */
  async list(): Promise<readonly ShownStream[]> {
    const reports = await readStreamReports(this.reader);
    const stored = new Map((await this.reader.rows(STORED, [])).map((row) => [String(row.name), { ...row }]));
    return reports.map((report) => {
      const { options, key_id: keyId, old_secret_until: until } = stored.get(report.name) ?? {};
      return {
        ...report,
        source: options === undefined ? 'options' : 'stored',
        options: options === undefined ? null : (Object(options) as Options), // the database stores the options as an object
        secretsKeyId: typeof keyId === 'string' ? keyId : null,
        oldSecretUntil: until instanceof Date ? until.toISOString() : null,
      };
    });
  }

  async add(options: Options, by: StreamRequester, isPaused: boolean): Promise<void> {
    if (this.ofOptions(checked(options).name)) throw streamsErrors.AUDIT_CONFLICT.exists(String(options.name));
    await this.change(by, (session, maker) => addStream(session, options, maker, isPaused));
  }

  /** Removes a stream, its replays, and their parked events. */
  async remove(name: string, by: StreamRequester): Promise<void> {
    if (this.ofOptions(name)) throw streamsErrors.AUDIT_CONFLICT.ofOptions(name);
    await this.change(by, async (session, maker) => {
      await findStored(session, name);
      await removeStream(session, name, maker);
    });
  }

  /** Changes streams in the name of a requester. If this instance leads the streams, it notices the change at once. */
  async change<Result>({ actor, reason }: StreamRequester, work: StreamWork<Result>): Promise<Result> {
    const maker = { actor, reason, signer: this.signer, keys: this.options.streamSecretsKey };
    const notice = (): void => this.runner.notice();
    const result = await useStreamsSession(this.store.sequencerUrl, (session) => work(session, maker, notice));
    notice();
    return result;
  }

  async optionsOf(name: string): Promise<ResolvedStream> {
    const keys = this.options.streamSecretsKey;
    return (
      this.ofOptions(name) ??
      useStreamsSession(this.store.sequencerUrl, async (session) =>
        checked(optionsOf(await findStored(session, name), keys)),
      )
    );
  }

  /** Makes the messages that a stream would send. @param reach the reader's access */
  dryRun(stream: ResolvedStream, wanted: DryRunWanted, reach: LedgerAccess): Promise<DryRun> {
    const { reader, catalogue } = this;
    const source = { origin: this.signer.origin, version: ownPackage()?.version ?? '0' };
    return dryRun({ reader, catalogue, source }, stream, wanted, reach);
  }

  private ofOptions(name: string): ResolvedStream | undefined {
    return this.options.streams.find((stream) => stream.name === name);
  }
}

import { Inject, Injectable } from '@nestjs/common';
import { AuditAggregator, type AuditSubject } from '../../../../audit/index.js';
import { Archives } from '../../archive/archives.js';
import type { CheckpointTrust } from '../../../proof/log/notes/checkpoint.js';
import { CheckpointSigner } from '../../../proof/signing/checkpoint-signer.service.js';
import { followStoredKeys } from '../../../proof/verify/known-keys.js';
import { LogReader } from '../../../store/log-reading/log-reader.service.js';
import { toAuditError } from '../../../store/sessions/classify-ledger-error.js';
import { PrimaryReader } from '../../../store/ledger-reader.service.js';
import { checkOptions, checkSubject } from './check-request.js';
import type { Erasure } from './erasure.dto.js';
import type { ErasureOptions } from './erasure-progress.js';
import {
  toErasure,
  listErasures,
  findErasure,
  planErasure,
  releaseErasure,
  withdrawErasure,
} from './erasure-requests.js';
import { ErasureRunner } from './request-runner.service.js';
import { SubjectEraser } from './erase-subject.service.js';
import { ErasureSessions } from './erasure-sessions.service.js';
import { reportSubject, type ReportPart } from './subject-report.js';

/**
 * Erases and reports the data of a person in the ledger, the archives and the providers. All methods reject with `AUDIT_LEDGER_UNAVAILABLE` if the ledger cannot be reached.
 */
@Injectable()
export class AuditPrivacy {
  constructor(
    @Inject(ErasureSessions) private readonly sessions: ErasureSessions,
    @Inject(ErasureRunner) private readonly runner: ErasureRunner,
    @Inject(PrimaryReader) private readonly reader: PrimaryReader,
    @Inject(LogReader) private readonly log: LogReader,
    @Inject(AuditAggregator) private readonly aggregator: AuditAggregator,
    @Inject(Archives) private readonly archives: Archives,
    @Inject(CheckpointSigner) private readonly signer: CheckpointSigner,
    @Inject(SubjectEraser) private readonly steps: Pick<SubjectEraser, 'acts'>,
  ) {}

  /**
   * Requests the erasure of the personal parts of all events by or about a person. A dry run only counts these events. When the promise
   * resolves, the request is stored. The erasure runs in the background, even after a restart, and {@link find} returns its progress.
   * Events that are accepted after the erasure began need another erasure.
   *
   * @throws `AUDIT_REQUEST_INVALID` for an invalid subject or reason
   */
  async erase(subject: AuditSubject, options: ErasureOptions): Promise<Erasure> {
    const checked = checkSubject(subject);
    checkOptions(options);
    const planned = await this.sessions.use((session) => planErasure(session, checked, options, this.signer));
    this.runner.wake();
    return toErasure(planned);
  }

  /**
   * Returns an erasure, with its certificate when the erasure is done.
   *
   * @throws `AUDIT_ACTS_CONTRADICTED` if the erasure's row differs from the signed acts
   */
  async find(id: string): Promise<Erasure | undefined> {
    const record = await this.read((trust) => findErasure(this.sessions, id, trust));
    return record && toErasure(record);
  }

  /** Returns the completed erasures of a person, oldest first. */
  async listErasures(subjectId: string): Promise<readonly Erasure[]> {
    return (await this.read((trust) => listErasures(this.sessions, subjectId, trust))).map(toErasure);
  }

  /** Begins a planned erasure now. */
  async begin(id: string): Promise<void> {
    await this.sessions.use((session) => releaseErasure(session, id, this.signer, this.steps.acts));
    this.runner.wake();
  }

  /** Withdraws an erasure that has not begun. Resolves with `false` if the erasure has begun, or is unknown. */
  async withdraw(id: string): Promise<boolean> {
    return this.sessions.use((session) => withdrawErasure(session, id, this.signer, this.steps.acts));
  }

  /**
   * Yields all data that the ledger, the archives and the providers store about a person. Only one page is in memory at a time. With
   * identifiers, searches the whole ledger: use this method in jobs, not in requests.
   *
   * @throws `AUDIT_REQUEST_INVALID`, `AUDIT_ARCHIVE_MISSING`, `AUDIT_ARCHIVE_INVALID` and `AUDIT_ARCHIVE_UNREADABLE`, all before the first part
   */
  async *report(subject: AuditSubject): AsyncGenerator<ReportPart> {
    const parts = reportSubject(
      {
        session: this.sessions,
        eventRows: (text, values) => this.reader.eventRows({ scope: 'all' }, text, values),
        newestCheckpoint: () => this.log.newestCheckpoint(),
        stores: this.aggregator.personalStores,
        archives: this.archives,
        trust: () => this.trust(),
      },
      checkSubject(subject),
    );
    try {
      yield* parts;
    } catch (error) {
      throw toAuditError(error);
    }
  }

  private async read<Result>(work: (trust: CheckpointTrust) => Promise<Result>): Promise<Result> {
    try {
      return await work(await this.trust());
    } catch (error) {
      throw toAuditError(error);
    }
  }

  private async trust(): Promise<CheckpointTrust> {
    return (await followStoredKeys(this.sessions, this.signer.trust)).trust;
  }
}

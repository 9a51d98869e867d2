import { Inject, Injectable } from '@nestjs/common';
import { AuditAggregator, type AuditSubject } from '../../../../audit/index.js';
import { Archives } from '../../archive/archives.js';
import { LogReader } from '../../store/log-reading/log-reader.service.js';
import { explainUnlessOwn } from '../../store/explain-ledger-error.js';
import { PrimaryReader } from '../../store/primary-reader.service.js';
import { checkOptions, checkSubject } from './check-request.js';
import type { Erasure, ErasureOptions } from './erasure.js';
import { erasureOf, erasuresOf, findErasure, planErasure, releaseErasure, withdrawErasure } from './erasure-records.js';
import { ErasureRunner } from './erasure-runner.service.js';
import { Keeper } from './keeper.service.js';
import { reportSubject, type ReportPart } from './subject-report.js';

/**
 * What the ledger, its archives and the providers do for the rights of a person. Everything here rejects with
 * LedgerUnavailableError (`AUDIT_LEDGER_UNAVAILABLE`) when the ledger cannot be reached.
 */
@Injectable()
export class AuditPrivacy {
  constructor(
    @Inject(Keeper) private readonly keeper: Keeper,
    @Inject(ErasureRunner) private readonly runner: ErasureRunner,
    @Inject(PrimaryReader) private readonly reader: PrimaryReader,
    @Inject(LogReader) private readonly log: LogReader,
    @Inject(AuditAggregator) private readonly aggregator: AuditAggregator,
    @Inject(Archives) private readonly archives: Archives,
  ) {}

  /**
   * Erases the personal parts of all events by or about a person, or counts them. When it resolves, the erasure is on record:
   * it is carried out in the background, whatever happens, and {@link find} tells how far it is. Events that are accepted later
   * than it begins are not covered: they take another erasure.
   *
   * @throws InvalidErasureError (`AUDIT_ERASURE_INVALID`) for a subject or a reason that can be none
   */
  async erase(subject: AuditSubject, options: ErasureOptions): Promise<Erasure> {
    const checked = checkSubject(subject);
    checkOptions(options);
    const planned = await explained(planErasure(this.keeper, checked, options));
    this.runner.wake();
    return erasureOf(planned);
  }

  /** An erasure, with its certificate once it is done. */
  async find(id: string): Promise<Erasure | undefined> {
    const record = await explained(findErasure(this.keeper, id));
    return record && erasureOf(record);
  }

  /** The erasures of a person that were carried out, oldest first. */
  async erasuresOf(subjectId: string): Promise<readonly Erasure[]> {
    return (await explained(erasuresOf(this.keeper, subjectId))).map(erasureOf);
  }

  /** Lets an erasure that was planned for later begin now. */
  async begin(id: string): Promise<void> {
    await explained(releaseErasure(this.keeper, id));
    this.runner.wake();
  }

  /** Takes an erasure back that did not begin. Resolves with whether it was taken back. */
  async withdraw(id: string): Promise<boolean> {
    return explained(withdrawErasure(this.keeper, id));
  }

  /**
   * Everything that is held about a person, in the ledger, its archives and by the providers, piece by piece, a page in memory
   * at a time. With identifiers, the whole ledger is looked through: for jobs, not for requests.
   *
   * @throws InvalidErasureError (`AUDIT_ERASURE_INVALID`) for a subject that can be none; ArchiveMissingError
   *   (`AUDIT_ARCHIVE_MISSING`), ArchiveInvalidError (`AUDIT_ARCHIVE_INVALID`) and ArchiveUnreadableError
   *   (`AUDIT_ARCHIVE_UNREADABLE`), before the first piece, where an archive cannot be read
   */
  async *report(subject: AuditSubject): AsyncGenerator<ReportPart> {
    const parts = reportSubject(
      {
        keeper: this.keeper,
        eventRows: (text, values) => this.reader.eventRows({ scope: 'all' }, text, values),
        newestCheckpoint: () => this.log.newestCheckpoint(),
        stores: this.aggregator.personalStores,
        archives: this.archives,
      },
      checkSubject(subject),
    );
    try {
      yield* parts;
    } catch (error) {
      throw explainUnlessOwn(error);
    }
  }
}

async function explained<Result>(answer: Promise<Result>): Promise<Result> {
  try {
    return await answer;
  } catch (error) {
    throw explainUnlessOwn(error);
  }
}

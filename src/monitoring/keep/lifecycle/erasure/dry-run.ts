import type { AuditSubject } from '../../../../audit/index.js';
import type { Archives } from '../../archive/archives.js';
import type { LedgerSession } from '../../../store/sessions/ledger-session.js';
import { VerifiedActs } from '../verified-acts.js';
import { findActiveHolds } from '../holds/legal-hold.js';
import { listExpectedArchives, createLineDecider, countInArchives, type ArchiveSource } from './archived-events.js';
import { findPendingChangesProblem, readOpenTransactions } from './pending-transactions.js';
import { addPage, eraseNaming, eraseRelated } from './erase-page.js';
import { FIRST_ID, LAST_ID } from '../../../store/id-time.js';
import type { Erasure } from './erasure.dto.js';
import { NO_COUNTS, NO_REMNANTS } from './erasure-progress.js';

export interface ErasureEstimate extends Pick<Erasure, 'counts' | 'remnants'> {
  /** Why the ledger does not yet have all row changes about the person; `undefined` if the counts are complete. */
  readonly uncounted: string | undefined;
}

/**
 * Counts the events that an erasure would erase now, in the ledger and the archives. The count works without an application, and so does not
 * include events in an application's queue or spill.
 *
 * @throws `AUDIT_ARCHIVE_MISSING`, `AUDIT_ARCHIVE_INVALID`, and the errors of the signer if the
 *   ledger has archives but no key is known
 */
export async function countErasure(
  source: ArchiveSource & { readonly session: LedgerSession; readonly archives: Archives },
  subject: Required<AuditSubject>,
): Promise<ErasureEstimate> {
  const { session } = source;
  const target = { subjectId: subject.id, identifiers: subject.identifiers, until: LAST_ID };
  let counted: Pick<Erasure, 'counts' | 'remnants'> = { counts: NO_COUNTS, remnants: NO_REMNANTS };
  for (const findPage of subject.identifiers.length > 0 ? [eraseRelated, eraseNaming] : [eraseRelated]) {
    for (let after: string | undefined = FIRST_ID; after !== undefined;) {
      after = await session.inTransaction(async () => {
        const page = await findPage(session, target, after);
        counted = await addPage(session, counted, page);
        return page.last;
      });
    }
  }
  const { horizon } = await readOpenTransactions(session);
  const uncounted = await findPendingChangesProblem(session, target, horizon);
  const expected = await listExpectedArchives(session);
  const isAny = (await source.archives.names(expected)).length > 0;
  const acts = isAny ? new VerifiedActs(source.archives.signer) : undefined;
  const holds = acts ? await session.inTransaction(() => findActiveHolds(session, acts)) : [];
  const { counts, remnants } = await countInArchives(source, expected, createLineDecider(target, holds), counted);
  return { counts, remnants, uncounted };
}

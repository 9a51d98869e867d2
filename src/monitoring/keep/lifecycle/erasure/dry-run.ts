import type { AuditSubject } from '../../../../audit/index.js';
import type { Archives } from '../../archive/archives.js';
import type { LedgerSession } from '../../../store/sessions/ledger-session.js';
import { FollowedActs } from '../followed-acts.js';
import { findActiveHolds } from '../holds/legal-hold.js';
import { expectedArchives, lineFate, surveyArchives, type PersonSource } from './archive-survey.js';
import { problemOfCaptured, transactionsUnderWay } from './reasons-to-wait.js';
import { addPage, eraseNaming, eraseRelated } from './erase-page.js';
import { FIRST_ID, LAST_ID } from '../../../store/id-time.js';
import type { Erasure } from './erasure.dto.js';
import { NOTHING_FOUND, NOTHING_REMAINS } from './progress.js';

export interface CountedErasure extends Pick<Erasure, 'counts' | 'remains'> {
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
  source: PersonSource & { readonly custodian: LedgerSession; readonly archives: Archives },
  subject: Required<AuditSubject>,
): Promise<CountedErasure> {
  const { custodian } = source;
  const target = { subjectId: subject.id, identifiers: subject.identifiers, until: LAST_ID };
  let counted: Pick<Erasure, 'counts' | 'remains'> = { counts: NOTHING_FOUND, remains: NOTHING_REMAINS };
  for (const findPage of subject.identifiers.length > 0 ? [eraseRelated, eraseNaming] : [eraseRelated]) {
    for (let after: string | undefined = FIRST_ID; after !== undefined;) {
      after = await custodian.inTransaction(async () => {
        const page = await findPage(custodian, target, after);
        counted = await addPage(custodian, counted, page);
        return page.last;
      });
    }
  }
  const { horizon } = await transactionsUnderWay(custodian);
  const uncounted = await problemOfCaptured(custodian, target, horizon);
  const expected = await expectedArchives(custodian);
  const isAny = (await source.archives.names(expected)).length > 0;
  const acts = isAny ? new FollowedActs(source.archives.signer) : undefined;
  const holds = acts ? await custodian.inTransaction(() => findActiveHolds(custodian, acts)) : [];
  const { counts, remains } = await surveyArchives(source, expected, lineFate(target, holds), counted);
  return { counts, remains, uncounted };
}

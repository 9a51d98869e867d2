import { RETIREMENT_TYPE } from '../../access/own-events.js';
import { eventOfAct, signNext, storeAct } from '../../acts/store-act.js';
import type { StatementSigner } from '../../log/notes/statement.js';
import type { ArchiveManifest } from '../../archive/archive-manifest.js';
import { encodeEntry } from '../../sealing/seal-event.js';
import type { LedgerSession } from '../../store/sessions/ledger-session.js';
import type { ActiveHolds } from '../holds/active-holds.js';
import { statementOf } from './check-retirement.js';
import type { Retirement } from './retirement.js';

/**
 * Announces a retirement whose archive is written: stores its act and the event that carries it, and fixes the event, in one transaction.
 * Resolves with `false` if a legal hold covers some of its events by now. Rejects with the client's error.
 *
 * @throws ActsContradictedError (`AUDIT_ACTS_CONTRADICTED`)
 * @param archived the manifest of its archive
 */
export async function announceRetirement(
  session: Pick<LedgerSession, 'rows' | 'inTransaction'>,
  retirement: Retirement,
  archived: Pick<ArchiveManifest, 'idsDigest'>,
  { signer, holds }: { readonly signer: StatementSigner; readonly holds: Pick<ActiveHolds, 'find'> },
): Promise<boolean> {
  return session.inTransaction(async () => {
    await holds.find(session); // so that what the server compares with is what acts state
    const act = await signNext(session, { statement: statementOf(retirement, archived.idsDigest), signer });
    const actor = { type: 'system', id: 'retention' } as const;
    const event = eventOfAct(act, { type: RETIREMENT_TYPE, severity: 'info', actor, reason: 'retention' });
    const values = [retirement.id, event.id, Buffer.from(encodeEntry(event))];
    const [row] = await session.rows('SELECT audit_retirement_archived($1, $2, $3) AS is_done', values);
    if (row?.is_done === true) await storeAct(session, act, event);
    return row?.is_done === true;
  });
}

import { RETIREMENT_TYPE } from '../../access/own-events.js';
import type { ActStatement } from '../../acts/act-note.js';
import { eventOfAct, signNext, storeAct, type ActSigner } from '../../acts/store-act.js';
import type { ArchiveManifest } from '../../archive/archive-manifest.js';
import { encodeEntry } from '../../sealing/seal-event.js';
import { RETIREMENT_ACT } from '../../verify/announcement.js';
import type { LedgerSession } from '../../store/ledger-session.js';
import type { ActiveHolds } from '../holds/active-holds.js';
import type { Retirement } from './retirement.js';

/** What is announced of a retirement: what its act states. It says nothing of persons. */
function statementOf(retirement: Retirement, idsDigest: string): ActStatement {
  const { id: retirementId, partition, policy, cutoff, archive } = retirement;
  const { events, firstIndex, lastIndex, indexesDigest } = retirement;
  const said = { retirementId, partition, policy, cutoff: cutoff.toISOString(), archive };
  return { act: RETIREMENT_ACT, ...said, events, firstIndex, lastIndex, indexesDigest, idsDigest };
}

/**
 * Announces a retirement whose archive is written: its act, the event that carries it, and that the event is fixed, in one
 * transaction. Resolves with whether it is done; not when some of its events are held by now. Rejects with the client's error.
 *
 * @throws ActsContradictedError (`AUDIT_ACTS_CONTRADICTED`)
 * @param archived the manifest of its archive
 */
export async function announceRetirement(
  session: Pick<LedgerSession, 'rows' | 'inTransaction'>,
  retirement: Retirement,
  archived: Pick<ArchiveManifest, 'idsDigest'>,
  { signer, holds }: { readonly signer: ActSigner; readonly holds: Pick<ActiveHolds, 'find'> },
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

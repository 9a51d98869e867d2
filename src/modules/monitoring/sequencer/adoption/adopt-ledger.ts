import { ADOPTION_TYPE, branchOf, statementOfAdoption } from '../../acts/adoption-act.js';
import { eventOfAct, signNext, storeAct } from '../../acts/store-act.js';
import type { StatementSigner } from '../../log/notes/statement.js';
import type { LedgerSession } from '../../store/sessions/ledger-session.js';
import type { SignedHistory } from '../stored-tree.js';
import type { Adoption } from './find-adoption.js';

/** Who adopts, and why. */
export interface AdoptionRequest {
  readonly actorId: string;
  readonly reason: string;
}

/** What an adoption left. */
export interface Adopted {
  /** Of the event `audit_ledger_adopted`. */
  readonly eventId: string;
  /** The file that the checkpoint which was given up is kept in; absent where it was only published. */
  readonly keptFile?: string;
}

/**
 * Gives a signed head up, by an act: the sequencer continues from what the database has, and `verify` accounts for the head. The
 * checkpoint that the key file remembers is copied aside first, so that it is kept whatever a crash cuts off; a crash after
 * the commit changes nothing any more. Durable when it resolves. Rejects with what the client or the system rejects with.
 */
export async function adoptLedger(
  session: LedgerSession,
  { trust, lastSigned, signText }: SignedHistory & StatementSigner,
  { signed, stored, keptSize, isOfKeyFile }: Adoption,
  { actorId, reason }: AdoptionRequest,
): Promise<Adopted> {
  const oldBranch = branchOf(signed);
  const statement = statementOfAdoption({
    oldSize: signed.size,
    oldRoot: base64(signed.rootHash),
    ...(oldBranch === undefined ? {} : { oldBranch }),
    keptSize,
    newSize: stored.size,
    newRoot: base64(stored.rootHash),
  });
  return session.inTransaction(async () => {
    const act = await signNext(session, { statement, signer: { trust, signText }, head: stored });
    const actor = { type: 'admin', id: actorId } as const;
    const event = eventOfAct(act, { type: ADOPTION_TYPE, severity: 'critical', actor, reason });
    const kept = isOfKeyFile ? { keptFile: await lastSigned.keep(`before-${event.id}`) } : {};
    await storeAct(session, act, event);
    return { eventId: event.id, ...kept };
  });
}

function base64(hash: Uint8Array): string {
  return Buffer.from(hash).toString('base64');
}

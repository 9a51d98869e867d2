import { branchOf } from '../../acts/adoption-act.js';
import { recordAct } from '../../acts/store-act.js';
import type { StatementSigner } from '../../log/notes/statement.js';
import type { LedgerSession } from '../../store/sessions/ledger-session.js';
import type { SignedHistory } from '../stored-tree.js';
import type { Adoption } from './find-adoption.js';

/** Who adopts, and why. */
export interface AdoptionRequest {
  readonly actorId: string;
  readonly reason: string;
}

/** The result of an adoption. */
export interface Adopted {
  /** The id of the event `audit_ledger_adopted`. */
  readonly eventId: string;
  /** The file with the checkpoint that was given up; absent if it was only published. */
  readonly keptFile?: string;
}

/**
 * Gives up a signed head by an act: the sequencer continues from the database's state, and `verify` accounts for the head. It first copies
 * the last signed checkpoint aside, so that a crash cannot lose it. Durable when it resolves. Passes on a rejection of the client or the
 * system.
 */
export async function adoptLedger(
  session: LedgerSession,
  { trust, lastSigned, signText }: SignedHistory & StatementSigner,
  { signed, stored, keptSize, isOfKeyFile }: Adoption,
  { actorId, reason }: AdoptionRequest,
): Promise<Adopted> {
  const oldBranch = branchOf(signed);
  const statement = {
    act: 'adoption',
    oldSize: signed.size,
    oldRoot: base64(signed.rootHash),
    ...(oldBranch === undefined ? {} : { oldBranch }),
    keptSize,
    newSize: stored.size,
    newRoot: base64(stored.rootHash),
  } as const;
  return session.inTransaction(async () => {
    const actor = { type: 'admin', id: actorId } as const;
    const signer = { trust, signText };
    const { event } = await recordAct(session, { statement, signer, actor, reason, head: stored });
    const kept = isOfKeyFile ? { keptFile: await lastSigned.keep(`before-${event.id}`) } : {};
    return { eventId: event.id, ...kept };
  });
}

function base64(hash: Uint8Array): string {
  return Buffer.from(hash).toString('base64');
}

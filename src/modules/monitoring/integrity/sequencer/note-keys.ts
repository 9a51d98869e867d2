import { eventOfAct, lockActs, signNext, storeAct } from '../../acts/index.js';
import { followKeyChanges, keyChangeOf, KEY_CHANGE_TYPE } from '../key-changes/index.js';
import type { TreeHead } from '../merkle/index.js';
import { parseVerifierKey } from '../notes/index.js';
import type { CheckpointSigner } from '../signing/index.js';
import type { LeaderSession } from './leader-session.js';

const NOTE_KEY = 'INSERT INTO audit_signing_key (verifier_key) VALUES ($1) ON CONFLICT DO NOTHING';
const ACTS = 'SELECT note FROM audit_act WHERE type = $1';

/**
 * Notes the keys that sign from now on. When two sign together for the first time, that is an act which both sign, so that
 * whoever knows one is led to the other: its event is stored, to be sealed next. Durable when it resolves. Rejects with the
 * client's error.
 *
 * @param head the tree of the ledger now
 */
export async function noteKeys(session: LeaderSession, signer: CheckpointSigner, head: TreeHead): Promise<void> {
  const { verifierKeys: keys, trust } = signer;
  await session.inTransaction(async () => {
    await lockActs(session);
    for (const key of keys) await session.rows(NOTE_KEY, [key]);
    if (keys.length < 2 || (await isChained(session, keys, trust.origin))) return;
    const act = await signNext(session, { statement: keyChangeOf(keys), signer, head });
    const actor = { type: 'system', id: 'sequencer' } as const;
    const event = eventOfAct(act, { type: KEY_CHANGE_TYPE, severity: 'warning', actor });
    await storeAct(session, act, event);
  });
}

/** Whether acts lead from the first key to all others. */
async function isChained(session: LeaderSession, keys: readonly string[], origin: string): Promise<boolean> {
  const [first = '', ...others] = keys;
  const notes = (await session.rows(ACTS, [KEY_CHANGE_TYPE])).map(({ note }) => String(note));
  const { followed } = followKeyChanges(notes, { origin, keys: [parseVerifierKey(first)] });
  return others.every((key) => followed.includes(key));
}

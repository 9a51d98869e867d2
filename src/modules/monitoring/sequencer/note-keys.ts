import { followKeyChanges, keyLossOf } from '../acts/key-acts.js';
import { actOf, type ActStatement } from '../acts/act-note.js';
import { ACT_EVENTS } from '../acts/act-types.js';
import { readActs, recordAct } from '../acts/store-act.js';
import type { TreeHead } from '../log/merkle/verify-consistency.js';
import { verifyCheckpoint } from '../log/notes/checkpoint.js';
import { encodeBase64 } from '../log/notes/encoding.js';
import { parseVerifierKey } from '../log/notes/note-signer.js';
import { keyLabel } from '../log/notes/signed-note.js';
import type { CheckpointSigner } from '../signing/checkpoint-signer.service.js';
import type { LedgerSession } from '../store/sessions/ledger-session.js';
import { readLastCheckpoint } from './stored-tree.js';

const NOTE_KEY = 'INSERT INTO audit_signing_key (verifier_key) VALUES ($1) ON CONFLICT DO NOTHING';

/**
 * Records the keys that sign from now on. When two keys sign together for the first time, it stores an act that both sign, so that whoever
 * knows one key can find the other. Its event is sealed next. Durable when it resolves. Rejects with the client's error.
 *
 * @param head the tree of the ledger now
 */
export async function noteKeys(session: LedgerSession, signer: CheckpointSigner, head: TreeHead): Promise<void> {
  const { verifierKeys: keys, trust } = signer;
  for (const key of keys) await session.rows(NOTE_KEY, [key]);
  const loss = await findLoss(session, signer);
  if (loss) await sign(session, signer, loss, head);
  if (keys.length < 2 || (await isChained(session, keys, trust.origin))) return;
  await sign(session, signer, { act: 'key_change', keys }, head);
}

/** Only the leader signs these acts. Without an act to sign, it does not take their lock, which any login can hold. */
async function sign(
  session: LedgerSession,
  signer: CheckpointSigner,
  statement: ActStatement,
  head: TreeHead,
): Promise<void> {
  await session.inTransaction(() => recordAct(session, { statement, signer, actor: SEQUENCER, head }));
}

/**
 * Finds a loss of keys: only former keys signed the last checkpoint, and no act of key change leads from them to the present ones. The new
 * keys alone sign the act. It states what happened, but proves nothing to somebody who knows only the lost key.
 */
async function findLoss(session: LedgerSession, signer: CheckpointSigner): Promise<ActStatement | undefined> {
  const { verifierKeys: keys, formerKeys, trust } = signer;
  const last = await readLastCheckpoint(session);
  if (!last) return undefined;
  const signers = verifyCheckpoint(last.note, trust).verified.map(keyLabel);
  const signedLast = (key: string): boolean => signers.includes(keyLabel(parseVerifierKey(key)));
  const lost = formerKeys.filter(signedLast);
  if (lost.length === 0 || keys.some(signedLast)) return undefined;
  if (await isChained(session, [...keys, ...lost], trust.origin)) return undefined;
  if (await isLossNoted(session, keys, trust)) return undefined;
  return { act: 'key_loss', lost, keys, lastSize: last.size, lastRoot: encodeBase64(last.rootHash) };
}

/** Whether these keys have already recorded the loss; their first checkpoint follows with the next event. */
async function isLossNoted(
  session: LedgerSession,
  keys: readonly string[],
  trust: CheckpointSigner['trust'],
): Promise<boolean> {
  return (await readActs(session, ACT_EVENTS.key_loss.type)).some((note) => {
    const statement = actOf(note, trust)?.statement;
    const loss = statement && keyLossOf(statement);
    return loss !== undefined && keys.every((key) => loss.keys.includes(key));
  });
}

const SEQUENCER = { type: 'system', id: 'sequencer' } as const;

/** Whether acts lead from the first key to all others. */
async function isChained(session: LedgerSession, keys: readonly string[], origin: string): Promise<boolean> {
  const [first = '', ...others] = keys;
  const notes = await readActs(session, ACT_EVENTS.key_change.type);
  const { followed } = followKeyChanges(notes, { origin, keys: [parseVerifierKey(first)] });
  return others.every((key) => followed.includes(key));
}

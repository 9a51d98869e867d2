import { followKeyChanges, parseKeyLoss } from '../keep/acts/key-acts.js';
import { type ActStatement, ACT_EVENTS, hasAct, readActs } from '../keep/acts/act-note.js';
import { recordAct } from '../keep/acts/store-act.js';
import type { TreeHead } from '../proof/log/merkle/verify-consistency.js';
import { verifyCheckpoint } from '../proof/log/notes/checkpoint.js';
import { encodeBase64 } from '../proof/log/notes/encoding.js';
import { parseVerifierKey } from '../proof/log/notes/note-signer.js';
import { formatKeyLabel } from '../proof/log/notes/signed-note.js';
import type { CheckpointSigner } from '../proof/signing/checkpoint-signer.service.js';
import type { LedgerSession } from '../store/sessions/ledger-session.js';
import { readLastCheckpoint } from './stored-tree.js';

const NOTE_KEY = 'INSERT INTO audit_signing_key (verifier_key) VALUES ($1) ON CONFLICT DO NOTHING';

/**
 * Stores the keys that sign from now on. If two keys sign together for the first time, stores an act that both keys sign. So a reader who
 * trusts one of these keys can find the other. If the key of the last checkpoint was lost, stores an act of key loss. The stored keys and
 * acts are durable when the promise resolves. Rejects with the error of the PostgreSQL client.
 *
 * @param head the present tree of the ledger
 */
export async function noteKeys(session: LedgerSession, signer: CheckpointSigner, head: TreeHead): Promise<void> {
  const { verifierKeys: keys, trust } = signer;
  for (const key of keys) await session.rows(NOTE_KEY, [key]);
  const loss = await findLoss(session, signer);
  if (loss) await sign(session, signer, loss, head);
  if (keys.length < 2 || (await isChained(session, keys, trust.origin))) return;
  await sign(session, signer, { act: 'key_change', keys }, head);
}

/** Called only by the leader and for a new act, because any login can block the call by the lock of acts. */
async function sign(
  session: LedgerSession,
  signer: CheckpointSigner,
  statement: ActStatement,
  head: TreeHead,
): Promise<void> {
  await session.inTransaction(() => recordAct(session, { statement, signer, actor: SEQUENCER, head }));
}

/** Only the current keys sign the act of key loss. To a reader who trusts only the lost key, the act proves nothing. */
async function findLoss(session: LedgerSession, signer: CheckpointSigner): Promise<ActStatement | undefined> {
  const { verifierKeys: keys, formerKeys, trust } = signer;
  const last = await readLastCheckpoint(session);
  if (!last) return undefined;
  const signers = verifyCheckpoint(last.note, trust).verified.map(formatKeyLabel);
  const signedLast = (key: string): boolean => signers.includes(formatKeyLabel(parseVerifierKey(key)));
  const lost = formerKeys.filter(signedLast);
  if (lost.length === 0 || keys.some(signedLast)) return undefined;
  if (await isChained(session, [...keys, ...lost], trust.origin)) return undefined;
  // The current keys sign their first checkpoint only with the next event, so an earlier start may have stored this act.
  const isOfKeys = (stated: ActStatement): boolean => keys.every((key) => parseKeyLoss(stated)?.keys.includes(key));
  if (await hasAct(session, ACT_EVENTS.key_loss.type, trust, isOfKeys)) return undefined;
  return { act: 'key_loss', lost, keys, lastSize: last.size, lastRoot: encodeBase64(last.rootHash) };
}

const SEQUENCER = { type: 'system', id: 'sequencer' } as const;

async function isChained(session: LedgerSession, keys: readonly string[], origin: string): Promise<boolean> {
  const [first = '', ...others] = keys;
  const notes = await readActs(session, ACT_EVENTS.key_change.type);
  const { followed } = followKeyChanges(notes, { origin, keys: [parseVerifierKey(first)] });
  return others.every((key) => followed.includes(key));
}

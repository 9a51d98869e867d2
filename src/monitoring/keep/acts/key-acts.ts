import { undefinedIfRejected } from '../../errors/undefined-if-rejected.js';
import type { CheckpointTrust } from '../../proof/log/notes/checkpoint.js';
import { parseVerifierKey, type NoteVerifier } from '../../proof/log/notes/note-signer.js';
import { formatKeyLabel } from '../../proof/log/notes/signed-note.js';
import { parseActText, verifyAct, type ActStatement } from './act-note.js';

/** The statement of a key loss: the lost keys, and the new keys. Keys are verifier keys; the root is base64. */
export interface KeyLossStatement {
  /** The keys that signed the last head before the loss. */
  readonly lost: readonly string[];
  /** The keys that sign after the loss. Only these keys sign the act. */
  readonly keys: readonly string[];
  /** The size of the last head that the lost keys signed. */
  readonly lastSize: number;
  readonly lastRoot: string;
}

/** Returns the key loss that an act states, without checking who signed the act; `undefined` for an act of another kind. */
export function parseKeyLoss({ act, lost, keys, lastSize, lastRoot }: ActStatement): KeyLossStatement | undefined {
  if (act !== 'key_loss') return undefined;
  const list = (value: unknown): readonly string[] => (Array.isArray(value) ? value.map(String) : []);
  const root = typeof lastRoot === 'string' ? lastRoot : '';
  return { lost: list(lost), keys: list(keys), lastSize: Number(lastSize), lastRoot: root };
}

/** The given keys, and further keys that acts of key change connect with the given keys. */
export interface FollowedKeys {
  readonly trust: CheckpointTrust;
  readonly followed: readonly string[];
}

/**
 * Follows acts of key change from the given keys to further keys, in any order and direction. An act counts only if each of its keys signed
 * it, so only a holder of both keys can link two keys. Ignores other notes; never throws.
 */
export function followKeyChanges(notes: readonly string[], input: CheckpointTrust): FollowedKeys {
  const followed = new Map<string, NoteVerifier>();
  let open = notes;
  for (let before = -1; before !== followed.size;) {
    before = followed.size;
    const trust = { origin: input.origin, keys: [...input.keys, ...followed.values()] };
    const known = new Set(trust.keys.map(formatKeyLabel));
    const changes = open.map((note) => ({ note, keys: undefinedIfRejected(() => parseAddedKeys(note, trust)) }));
    open = changes.filter(({ keys }) => !keys).map(({ note }) => note);
    for (const { keys = [] } of changes) {
      for (const { text, verifier } of keys) if (!known.has(formatKeyLabel(verifier))) followed.set(text, verifier);
    }
  }
  return { trust: { ...input, keys: [...input.keys, ...followed.values()] }, followed: [...followed.keys()] };
}

/** A known key and all new keys must have signed the act. */
function parseAddedKeys(
  note: string,
  trust: CheckpointTrust,
): readonly { readonly text: string; readonly verifier: NoteVerifier }[] | undefined {
  const { statement } = verifyAct(note, trust);
  if (statement.act !== 'key_change' || !Array.isArray(statement.keys)) return undefined;
  const keys = statement.keys.map((key) => ({ text: String(key), verifier: parseVerifierKey(String(key)) }));
  for (const { verifier } of keys) verifyAct(note, { origin: trust.origin, keys: [verifier] });
  return keys.every(({ verifier }) => verifier.type === 'note' && verifier.name === trust.origin) ? keys : undefined;
}

/**
 * Warns of acts that state a loss of keys. Only the new keys signed these acts. If a new key is known, the act is trusted. Otherwise, the
 * warning says that anybody can write such an act. Never throws.
 *
 * @param notes the notes of acts of key loss
 */
export function describeLostKeys(notes: readonly string[], { origin, keys }: CheckpointTrust): readonly string[] {
  const known = new Set(keys.map(formatKeyLabel));
  return notes.flatMap((note) => {
    const loss = readLoss(note, origin);
    if (!loss) return [];
    const labels = (input: readonly string[]): readonly string[] =>
      input.map((key) => formatKeyLabel(parseVerifierKey(key)));
    const [lost, next] = [labels(loss.lost), labels(loss.keys)];
    const isKnown = next.some((label) => known.has(label));
    if (!isKnown && !lost.some((label) => known.has(label))) return [];
    const stated = `the key ${lost.join(', ')} was lost after it signed size ${loss.lastSize}, and that ${next.join(', ')} signs since then. No act of both keys connects them.`;
    if (!isKnown) {
      return [
        `An act that only ${next.join(', ')} signed states that ${stated} Anybody can write such an act. Give ${loss.keys.join(', ')} with --key if you have it from a source that you trust.`,
      ];
    }
    const isComplete = lost.every((label) => known.has(label));
    const advice = isComplete
      ? ` Beyond size ${loss.lastSize}, a signature of only the lost key proves nothing.`
      : ` Give ${loss.lost.join(', ')} with --key as well: it signed the earlier checkpoints.`;
    return [`An act of the log states that ${stated}${advice}`];
  });
}

function readLoss(note: string, origin: string): KeyLossStatement | undefined {
  const loss = parseKeyLoss(parseActText(note) as ActStatement); // the next lines check the statement's fields
  if (!loss || loss.keys.length === 0 || loss.lost.length === 0) return undefined;
  return undefinedIfRejected(() => {
    for (const key of loss.keys) verifyAct(note, { origin, keys: [parseVerifierKey(key)] });
    loss.lost.map(parseVerifierKey);
    return loss;
  });
}

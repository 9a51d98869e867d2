import { unlessRefused } from '../../errors/unless-refused.js';
import type { CheckpointTrust } from '../../proof/log/notes/checkpoint.js';
import { parseVerifierKey, type NoteVerifier } from '../../proof/log/notes/note-signer.js';
import { keyLabel } from '../../proof/log/notes/signed-note.js';
import { actText, verifyAct, type ActStatement } from './act-note.js';

/** The statement of a key loss: the lost keys, and the new keys. Keys are verifier keys; the root is base64. */
export interface StatedKeyLoss {
  /** The keys that signed the last head before the loss. */
  readonly lost: readonly string[];
  /** The keys that sign after the loss. Only these keys sign the act. */
  readonly keys: readonly string[];
  /** The size of the last head that the lost keys signed. */
  readonly lastSize: number;
  readonly lastRoot: string;
}

/** Returns the key loss that an act states, without checking who signed the act; `undefined` for an act of another kind. */
export function keyLossOf({ act, lost, keys, lastSize, lastRoot }: ActStatement): StatedKeyLoss | undefined {
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
export function followKeyChanges(notes: readonly string[], given: CheckpointTrust): FollowedKeys {
  const followed = new Map<string, NoteVerifier>();
  let open = notes;
  for (let before = -1; before !== followed.size;) {
    before = followed.size;
    const trust = { origin: given.origin, keys: [...given.keys, ...followed.values()] };
    const known = new Set(trust.keys.map(keyLabel));
    const changes = open.map((note) => ({ note, keys: unlessRefused(() => keysOf(note, trust)) }));
    open = changes.filter(({ keys }) => !keys).map(({ note }) => note);
    for (const { keys = [] } of changes) {
      for (const { text, verifier } of keys) if (!known.has(keyLabel(verifier))) followed.set(text, verifier);
    }
  }
  return { trust: { ...given, keys: [...given.keys, ...followed.values()] }, followed: [...followed.keys()] };
}

/** A known key and all new keys must have signed the act. */
function keysOf(
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
  const known = new Set(keys.map(keyLabel));
  return notes.flatMap((note) => {
    const loss = readLoss(note, origin);
    if (!loss) return [];
    const labels = (given: readonly string[]): readonly string[] => given.map((key) => keyLabel(parseVerifierKey(key)));
    const [lost, next] = [labels(loss.lost), labels(loss.keys)];
    const isKnown = next.some((label) => known.has(label));
    if (!isKnown && !lost.some((label) => known.has(label))) return [];
    const stated = `the key ${lost.join(', ')} was lost after it signed size ${loss.lastSize}, and that ${next.join(', ')} signs since then. No act of both keys connects them.`;
    if (!isKnown) {
      return [
        `An act that only ${next.join(', ')} signed states that ${stated} Anybody can write such an act. Give ${loss.keys.join(', ')} with --key if you have it from a source that you trust.`,
      ];
    }
    const isWhole = lost.every((label) => known.has(label));
    const advice = isWhole
      ? ` Beyond size ${loss.lastSize}, a signature of only the lost key proves nothing.`
      : ` Give ${loss.lost.join(', ')} with --key as well: it signed the earlier checkpoints.`;
    return [`An act of the log states that ${stated}${advice}`];
  });
}

function readLoss(note: string, origin: string): StatedKeyLoss | undefined {
  const loss = keyLossOf(actText(note) as ActStatement); // the next lines check the statement's fields
  if (!loss || loss.keys.length === 0 || loss.lost.length === 0) return undefined;
  return unlessRefused(() => {
    for (const key of loss.keys) verifyAct(note, { origin, keys: [parseVerifierKey(key)] });
    loss.lost.map(parseVerifierKey);
    return loss;
  });
}

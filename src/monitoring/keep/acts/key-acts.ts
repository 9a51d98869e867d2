import { unlessRefused } from '../../errors/unless-refused.js';
import type { CheckpointTrust } from '../../proof/log/notes/checkpoint.js';
import { parseVerifierKey, type NoteVerifier } from '../../proof/log/notes/note-signer.js';
import { keyLabel } from '../../proof/log/notes/signed-note.js';
import { verifyAct, type ActStatement } from './act-note.js';

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
  /** The verifier keys that acts of key change added. */
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

import { AuditError } from '../../../audit/plain.js';
import { verifyAct, type ActStatement } from './act-note.js';
import type { CheckpointTrust } from '../log/notes/checkpoint.js';
import { parseVerifierKey } from '../log/notes/note-signer.js';

/** The type of the event that states which keys sign together while one replaces another. */
export const KEY_CHANGE_TYPE = 'audit_signing_keys_changed';

const KEY_CHANGE_ACT = 'key_change';

/** The accepted keys, including those that acts of key change lead to. */
export interface FollowedKeys {
  readonly trust: CheckpointTrust;
  /** The verifier keys that were found by acts, and not given. */
  readonly followed: readonly string[];
}

/** Makes the statement of a key change: the verifier keys that sign together, two or more. */
export function keyChangeOf(keys: readonly string[]): ActStatement {
  return { keys, act: KEY_CHANGE_ACT };
}

/**
 * Follows acts of key change from the given keys to others, in any order and in both directions. An act counts only if each key that it
 * names has signed it: nobody can tie two keys together without having both. Never throws: other notes are ignored.
 */
export function followKeyChanges(notes: readonly string[], given: CheckpointTrust): FollowedKeys {
  const followed = new Map<string, CheckpointTrust['keys'][number]>();
  let open = notes;
  for (let before = -1; before !== followed.size;) {
    before = followed.size;
    const trust = { origin: given.origin, keys: [...given.keys, ...followed.values()] };
    const changes = open.map((note) => ({ note, keys: keysOf(note, trust) }));
    open = changes.filter(({ keys }) => !keys).map(({ note }) => note);
    for (const { keys = [] } of changes) {
      for (const { text, verifier } of keys) if (!isKnown(verifier, trust)) followed.set(text, verifier);
    }
  }
  return { trust: { ...given, keys: [...given.keys, ...followed.values()] }, followed: [...followed.keys()] };
}

type Verifier = CheckpointTrust['keys'][number];

/** The keys of an act that a known key and all of the act's own keys signed; `undefined` for any other note. */
function keysOf(
  note: string,
  trust: CheckpointTrust,
): readonly { readonly text: string; readonly verifier: Verifier }[] | undefined {
  try {
    const { statement } = verifyAct(note, trust);
    if (statement.act !== KEY_CHANGE_ACT || !Array.isArray(statement.keys)) return undefined;
    const keys = statement.keys.map((key) => ({ text: String(key), verifier: parseVerifierKey(String(key)) }));
    for (const { verifier } of keys) verifyAct(note, { origin: trust.origin, keys: [verifier] });
    return keys.every(({ verifier }) => verifier.type === 'note' && verifier.name === trust.origin) ? keys : undefined;
  } catch (error) {
    if (error instanceof AuditError) return undefined;
    throw error;
  }
}

function isKnown({ name, keyId }: Verifier, { keys }: CheckpointTrust): boolean {
  return keys.some((key) => key.name === name && key.keyId === keyId);
}

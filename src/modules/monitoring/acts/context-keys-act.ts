import type { ActStatement } from './act-note.js';

/** The type of the event that states which keys sign the context of row changes. */
export const CONTEXT_KEYS_TYPE = 'audit_context_keys_changed';

const CONTEXT_KEYS_ACT = 'context_keys';

/** A key that signs contexts, without its secret. Times are RFC 3339. */
export interface StatedContextKey {
  readonly id: string;
  /** SHA-256 of the key's padded forms, in hexadecimal. */
  readonly fingerprint: string;
  /** `null` if every login may use it. */
  readonly logins: readonly string[] | null;
  readonly addedAt: string;
  /** `null` while it is valid. */
  readonly endedAt: string | null;
}

/** What happened to a key since the last act. */
export interface ContextKeyChange {
  readonly what: 'added' | 'ended' | 'altered' | 'forgotten';
  readonly id: string;
}

/** Makes the act's statement: the keys that the database knows, and the changes since the last act. */
export function statementOfContextKeys(
  keys: readonly StatedContextKey[],
  changes: readonly ContextKeyChange[],
): ActStatement {
  return {
    keys: keys.map((key) => ({ ...key, logins: key.logins && [...key.logins] })),
    changes: changes.map((change) => ({ ...change })),
    act: CONTEXT_KEYS_ACT,
  };
}

/** The keys that an act states; none for an act of another kind. */
export function contextKeysOf({ act, keys }: Readonly<Record<string, unknown>>): readonly StatedContextKey[] {
  if (act !== CONTEXT_KEYS_ACT || !Array.isArray(keys)) return [];
  return keys as readonly StatedContextKey[]; // as statementOfContextKeys() wrote it
}

/** Compares the keys of one act with those of the next. A key that ended is forgotten once no waiting change needs it. */
export function compareContextKeys(
  before: readonly StatedContextKey[],
  now: readonly StatedContextKey[],
): readonly ContextKeyChange[] {
  const keyOf = ({ id, addedAt }: StatedContextKey): string => JSON.stringify([id, addedAt]);
  const [old, current] = [before, now].map((keys) => new Map(keys.map((key) => [keyOf(key), key])));
  const gone = before.filter((key) => current?.has(keyOf(key)) !== true);
  return [
    ...gone.map(({ id }) => ({ what: 'forgotten', id }) as const),
    ...now.flatMap((key) => changeOf(old?.get(keyOf(key)), key)),
  ];
}

function changeOf(before: StatedContextKey | undefined, now: StatedContextKey): readonly ContextKeyChange[] {
  const { id } = now;
  if (!before) return [{ what: 'added', id }];
  const isSame = before.fingerprint === now.fingerprint && JSON.stringify(before.logins) === JSON.stringify(now.logins);
  if (!isSame || (before.endedAt !== null && before.endedAt !== now.endedAt)) return [{ what: 'altered', id }];
  return before.endedAt === now.endedAt ? [] : [{ what: 'ended', id }];
}

import type { JsonObject } from '../../../audit/nest-free.js';
import { actText } from '../../../monitoring/keep/acts/act-note.js';
import { ACT_EVENTS } from '../../../monitoring/keep/acts/act-types.js';
import { lockActs, recordAct } from '../../../monitoring/keep/acts/store-act.js';
import type { StatementSigner } from '../../../monitoring/proof/log/notes/statement.js';
import type { LedgerSession } from '../../../monitoring/store/sessions/ledger-session.js';

/** A key that signs contexts, without its secret. Times are in RFC 3339. */
export interface StatedContextKey {
  readonly id: string;
  /** SHA-256 of the key's padded forms, in hexadecimal. */
  readonly fingerprint: string;
  /** The logins that may use the key; `null` for all logins. */
  readonly logins: readonly string[] | null;
  readonly addedAt: string;
  /** `null` while the key is valid. */
  readonly endedAt: string | null;
}

export interface ContextKeyChange {
  readonly what: 'added' | 'ended' | 'altered' | 'forgotten';
  readonly id: string;
}

const LAST = 'SELECT note FROM audit_act WHERE type = $1 ORDER BY number DESC LIMIT 1';
const KEYS = `
  SELECT id, fingerprint, logins, added_at AS "addedAt", ended_at AS "endedAt" FROM audit_context_key_states()`;

/**
 * If the context keys have changed, records a signed act that states the current keys. Resolves with the changes since the last act; with
 * an empty list after the first act. Rejects with the error of the PostgreSQL client.
 */
export async function sealContextKeys(
  session: LedgerSession,
  signer: StatementSigner,
): Promise<readonly ContextKeyChange[]> {
  return session.inTransaction(async () => {
    await lockActs(session);
    const [last] = await session.rows(LAST, [ACT_EVENTS.context_keys.type]);
    const now = (await session.rows(KEYS)) as unknown as readonly StatedContextKey[]; // the selected columns
    const changes = compareContextKeys(last ? contextKeysOf(actText(String(last.note))) : [], now);
    if (changes.length === 0) return [];
    const keys = now.map((key) => ({ ...key, logins: key.logins && [...key.logins] }));
    const statement = { act: 'context_keys', keys, changes: changes.map((change) => ({ ...change })) } as const;
    await recordAct(session, { statement, signer, actor: { type: 'system', id: 'capture' } });
    return last ? changes : [];
  });
}

/** Returns the keys that an act states; empty for an act of another kind. */
export function contextKeysOf({ act, keys }: JsonObject): readonly StatedContextKey[] {
  return act === 'context_keys' && Array.isArray(keys)
    ? (keys as readonly unknown[] as readonly StatedContextKey[])
    : []; // a signed act has this form
}

/** An ended key is forgotten when no waiting change needs that key. */
function compareContextKeys(
  before: readonly StatedContextKey[],
  now: readonly StatedContextKey[],
): readonly ContextKeyChange[] {
  const nameOf = ({ id, addedAt }: StatedContextKey): string => JSON.stringify([id, addedAt]);
  const [old, current] = [before, now].map((keys) => new Map(keys.map((key) => [nameOf(key), key])));
  const gone = before.filter((key) => current?.has(nameOf(key)) !== true);
  return [
    ...gone.map(({ id }) => ({ what: 'forgotten', id }) as const),
    ...now.flatMap((key) => changeOf(old?.get(nameOf(key)), key)),
  ];
}

function changeOf(before: StatedContextKey | undefined, now: StatedContextKey): readonly ContextKeyChange[] {
  const { id } = now;
  if (!before) return [{ what: 'added', id }];
  const isSame = before.fingerprint === now.fingerprint && JSON.stringify(before.logins) === JSON.stringify(now.logins);
  if (!isSame || (before.endedAt !== null && before.endedAt !== now.endedAt)) return [{ what: 'altered', id }];
  return before.endedAt === now.endedAt ? [] : [{ what: 'ended', id }];
}

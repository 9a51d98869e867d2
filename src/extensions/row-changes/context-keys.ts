import { createHash } from 'node:crypto';
import type { JsonObject, PaddedContextKey } from '../../audit/nest-free.js';
import { appendOwnEvent } from '../../monitoring/inbox/append-own-event.js';
import { MIGRATOR } from '../../monitoring/store/ledger-roles.js';
import { LedgerSession } from '../../monitoring/store/sessions/ledger-session.js';
import { parseActText, ACT_EVENTS } from '../../monitoring/keep/acts/act-note.js';
import { lockActs, recordAct } from '../../monitoring/keep/acts/store-act.js';
import type { StatementSigner } from '../../monitoring/proof/log/notes/statement.js';

interface ContextKeyConnection {
  /** A URL with the ledger's schema, and with the login of the ledger's owner or of a superuser. */
  readonly url: string;
  /** Whether the login is a superuser, who must act as the ledger's owner. */
  readonly isAdmin: boolean;
}

/** A key that signs contexts, without its secret. */
interface StoredContextKey {
  readonly id: string;
  /** The logins that may use the key; `null` for all logins. */
  readonly logins: readonly string[] | null;
  readonly addedAt: Date;
}

const ACT_AS_OWNER = `
  SELECT set_config('role', pg_get_userbyid(relowner), true) FROM pg_class WHERE oid = 'audit_context_key'::regclass`;
const ADD = `
  INSERT INTO audit_context_key (id, inner_pad, outer_pad, logins) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING RETURNING id`;
const REMOVE =
  'UPDATE audit_context_key SET ended_at = clock_timestamp() WHERE id = $1 AND ended_at IS NULL RETURNING id';
const LIST = `
  SELECT id, logins, added_at AS "addedAt" FROM audit_context_key WHERE ended_at IS NULL ORDER BY added_at, id`;

const FORGET_ENDED = `
  DELETE FROM audit_context_key
   WHERE ended_at < least(clock_timestamp() - interval '1 day', (SELECT min(changed_at) FROM audit_row_change),
    (SELECT min(changed_at) FROM audit_row_change_parked))`;

/**
 * Adds a key, so that the database accepts contexts signed with it, and records an event that names the operator. Resolves with `false` if
 * a key has this id already. Rejects with the error of the PostgreSQL client.
 */
export async function addContextKey(
  connection: ContextKeyConnection,
  key: PaddedContextKey & { readonly id: string; readonly logins?: readonly string[] | undefined },
  by: string,
): Promise<boolean> {
  const { id, inner, outer, logins } = key;
  const fingerprint = createHash('sha256').update(inner).update(outer).digest('hex');
  const details = { keyId: id, fingerprint, logins: logins ? [...logins] : null };
  const event = { name: 'audit_context_key_added', by, details };
  return (await run(connection, ADD, [id, inner, outer, logins ?? null], event)).length > 0;
}

/**
 * Ends the validity of a key, which then only verifies earlier changes, and records an event that names the operator. Resolves with `false`
 * if no valid key has the id. Rejects with the error of the PostgreSQL client.
 */
export async function removeContextKey(connection: ContextKeyConnection, id: string, by: string): Promise<boolean> {
  const event = { name: 'audit_context_key_removed', by, details: { keyId: id } };
  return (await run(connection, REMOVE, [id], event)).length > 0;
}

/** Returns the valid keys, oldest first. Rejects with the error of the PostgreSQL client. */
export async function listContextKeys(connection: ContextKeyConnection): Promise<readonly StoredContextKey[]> {
  return (await run(connection, LIST, [])) as unknown as readonly StoredContextKey[]; // the selected columns
}

interface KeyEvent {
  readonly name: string;
  readonly by: string;
  readonly details: JsonObject;
}

async function run({ url, isAdmin }: ContextKeyConnection, text: string, values: readonly unknown[], event?: KeyEvent) {
  const session = await LedgerSession.open(url, { ...MIGRATOR, name: 'context-key' });
  try {
    return await session.inTransaction(async () => {
      if (isAdmin) await session.rows(ACT_AS_OWNER);
      await session.rows(FORGET_ENDED);
      const rows = await session.rows(text, values);
      if (event && rows.length > 0) await record(session, event);
      return rows;
    });
  } finally {
    await session.close();
  }
}

async function record(session: LedgerSession, { name, by, details }: KeyEvent): Promise<void> {
  const [row] = await session.rows('SELECT session_user::text AS login');
  await appendOwnEvent(session, name, {
    category: 'system',
    severity: 'warning',
    outcome: 'success',
    actor: { type: 'admin', id: by },
    details: { ...details, login: String(row?.login) },
  });
}

/** A key that signs contexts, without its secret. Times are in RFC 3339. */
interface ContextKeyStatement {
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
    const now = (await session.rows(KEYS)) as unknown as readonly ContextKeyStatement[]; // the selected columns
    const changes = compareContextKeys(last ? parseContextKeys(parseActText(String(last.note))) : [], now);
    if (changes.length === 0) return [];
    const keys = now.map((key) => ({ ...key, logins: key.logins && [...key.logins] }));
    const statement = { act: 'context_keys', keys, changes: changes.map((change) => ({ ...change })) } as const;
    await recordAct(session, { statement, signer, actor: { type: 'system', id: 'capture' } });
    return last ? changes : [];
  });
}

/** Returns the keys that an act states; empty for an act of another kind. */
export function parseContextKeys({ act, keys }: JsonObject): readonly ContextKeyStatement[] {
  return act === 'context_keys' && Array.isArray(keys)
    ? (keys as readonly unknown[] as readonly ContextKeyStatement[])
    : []; // a signed act has this form
}

/** An ended key is forgotten when no waiting change needs that key. */
function compareContextKeys(
  before: readonly ContextKeyStatement[],
  now: readonly ContextKeyStatement[],
): readonly ContextKeyChange[] {
  const toKeyName = ({ id, addedAt }: ContextKeyStatement): string => JSON.stringify([id, addedAt]);
  const [old, current] = [before, now].map((keys) => new Map(keys.map((key) => [toKeyName(key), key])));
  const removed = before.filter((key) => current?.has(toKeyName(key)) !== true);
  return [
    ...removed.map(({ id }) => ({ what: 'forgotten', id }) as const),
    ...now.flatMap((key) => diffContextKey(old?.get(toKeyName(key)), key)),
  ];
}

function diffContextKey(
  before: ContextKeyStatement | undefined,
  now: ContextKeyStatement,
): readonly ContextKeyChange[] {
  const { id } = now;
  if (!before) return [{ what: 'added', id }];
  const isSame = before.fingerprint === now.fingerprint && JSON.stringify(before.logins) === JSON.stringify(now.logins);
  if (!isSame || (before.endedAt !== null && before.endedAt !== now.endedAt)) return [{ what: 'altered', id }];
  return before.endedAt === now.endedAt ? [] : [{ what: 'ended', id }];
}

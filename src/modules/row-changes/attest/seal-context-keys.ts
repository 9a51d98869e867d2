import { actText } from '../../monitoring/acts/act-note.js';
import {
  compareContextKeys,
  CONTEXT_KEYS_TYPE,
  contextKeysOf,
  statementOfContextKeys,
  type ContextKeyChange,
  type StatedContextKey,
} from '../../monitoring/acts/context-keys-act.js';
import { eventOfAct, lockActs, signNext, storeAct } from '../../monitoring/acts/store-act.js';
import type { StatementSigner } from '../../monitoring/log/notes/statement.js';
import type { LedgerSession } from '../../monitoring/store/sessions/ledger-session.js';

const LAST = 'SELECT note FROM audit_act WHERE type = $1 ORDER BY number DESC LIMIT 1';
const KEYS = 'SELECT id, fingerprint, logins, added_at, ended_at FROM audit_context_key_states()';

/**
 * Signs an act of the keys that sign the context of row changes, if they differ from those of the last act, no matter who changed them.
 * Resolves with the changes since that act; none for the first one. Rejects with the client's error.
 */
export async function sealContextKeys(
  session: LedgerSession,
  signer: StatementSigner,
): Promise<readonly ContextKeyChange[]> {
  return session.inTransaction(async () => {
    await lockActs(session);
    const [last] = await session.rows(LAST, [CONTEXT_KEYS_TYPE]);
    const now = (await session.rows(KEYS)).map(keyOf);
    const changes = compareContextKeys(last ? contextKeysOf(actText(String(last.note))) : [], now);
    if (changes.length === 0) return [];
    const act = await signNext(session, { statement: statementOfContextKeys(now, changes), signer });
    const actor = { type: 'system', id: 'capture' } as const;
    await storeAct(session, act, eventOfAct(act, { type: CONTEXT_KEYS_TYPE, severity: 'warning', actor }));
    return last ? changes : [];
  });
}

function keyOf({ id, fingerprint, logins, added_at, ended_at }: Readonly<Record<string, unknown>>): StatedContextKey {
  return {
    id: String(id),
    fingerprint: String(fingerprint),
    logins: Array.isArray(logins) ? logins.map(String) : null,
    addedAt: String(added_at),
    endedAt: typeof ended_at === 'string' ? ended_at : null,
  };
}

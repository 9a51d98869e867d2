import { ledgerErrors } from '../errors/ledger.errors.js';
import type { LedgerQueries } from '../store/sessions/ledger-session.js';
import type { InboxKeys } from '../store/inbox-keys.js';
import { insertRows, packInboxRows } from './inbox-row.js';

const READ = 'SELECT writer_keys FROM audit_head';
const NOTE = `
  UPDATE audit_head SET writer_keys = $1 WHERE writer_keys = '{}' OR writer_keys[1] = ANY ($1::text[]) RETURNING size`;

/**
 * Adds lines to the inbox. The statement is a whole transaction, unless the session has one. Rejects with the error of the PostgreSQL client.
 *
 * @param packFrom as for {@link insertRows}
 * @throws `AUDIT_WRITER_UNKNOWN` if the ledger does not accept what this session records. Nothing is stored.
 */
export async function addLines(session: LedgerQueries, lines: readonly string[], packFrom?: number): Promise<void> {
  const { text, values, name } = insertRows(packInboxRows(lines, getWriterKeys(session)), packFrom);
  const stored = await session.rows(text, values, name);
  if (stored.length === 0) throw ledgerErrors.AUDIT_WRITER_UNKNOWN.ofEvent();
}

/** Returns the keys that sign what this session records. @throws `AUDIT_WRITER_UNKNOWN` without keys */
export function getWriterKeys({ writer }: Pick<LedgerQueries, 'writer'>): InboxKeys {
  if (!writer) throw ledgerErrors.AUDIT_WRITER_UNKNOWN.ofEvent();
  return writer;
}

/** @throws `AUDIT_WRITER_UNKNOWN` if the ledger does not accept what this session records */
export async function checkWriter(session: LedgerQueries): Promise<void> {
  const [id = ''] = getWriterKeys(session).ids;
  const known = await readKnownKeyIds(session);
  if (known.length > 0 && !known.includes(id)) throw ledgerErrors.AUDIT_WRITER_UNKNOWN.ofEvent();
}

/**
 * Lets the ledger accept exactly the keys of this process. The first key of the ledger is the newest. Only a process that has this key may
 * change the list, so that a process with other keys, or with former keys only, removes no key that others sign with.
 *
 * @throws `AUDIT_WRITER_UNKNOWN` if this process lacks the first key of the ledger
 */
export async function noteWriters(session: LedgerQueries): Promise<void> {
  const { ids } = getWriterKeys(session);
  if ((await readKnownKeyIds(session)).join() === ids.join()) return;
  const noted = await session.rows(NOTE, [ids]);
  if (noted.length === 0) throw ledgerErrors.AUDIT_WRITER_UNKNOWN.ofProcess();
}

/** @throws `AUDIT_WRITER_UNKNOWN` if the ledger accepts a key that this process lacks, so that it cannot know who wrote a row */
export async function checkLeader(session: LedgerQueries): Promise<void> {
  const { ids } = getWriterKeys(session);
  if (!(await readKnownKeyIds(session)).every((id) => ids.includes(id)))
    throw ledgerErrors.AUDIT_WRITER_UNKNOWN.ofProcess();
}

async function readKnownKeyIds(session: LedgerQueries): Promise<readonly string[]> {
  const [head] = await session.rows(READ);
  return (head?.writer_keys ?? []) as readonly string[]; // the column's type
}

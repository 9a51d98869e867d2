import { existsSync, readFileSync } from 'node:fs';
import type pg from 'pg';
import { WRITER_KEY_FILE, WriterKeys } from '../../src/audit/nest-free.js';
import { InboxKeys } from '../../src/monitoring/inbox/inbox-keys.js';

export const ORIGIN = 'example.com/log';
const DEFAULT_ORIGIN = 'nestjs-audit-ledger.local/ledger';

/** The key of the applications that the tests start without one: the global set-up makes the file. */
export const TESTS_KEY = existsSync(WRITER_KEY_FILE)
  ? readFileSync(WRITER_KEY_FILE, 'utf8').trim()
  : 'a key of the tests that has 32 characters or more';

export function writerOf(keys: string | readonly string[] = TESTS_KEY, origin = ORIGIN): InboxKeys {
  return new InboxKeys(new WriterKeys([keys].flat()), origin);
}

/** Returns the tests' writer of the origin that the ledger has. */
export async function writerAt(client: Pick<pg.ClientBase, 'query'>): Promise<InboxKeys> {
  const { rows } = await client.query<{ keys: readonly string[] }>('SELECT writer_keys AS keys FROM audit_head');
  const writers = [writerOf(), writerOf(TESTS_KEY, DEFAULT_ORIGIN)];
  return writers.find(({ ids }) => rows[0]?.keys.includes(ids[0] ?? '')) ?? writerOf();
}

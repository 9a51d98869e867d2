import { existsSync, readFileSync } from 'node:fs';
import { WRITER_KEY_FILE, WriterKeys } from '../../src/audit/nest-free.js';
import { InboxKeys } from '../../src/monitoring/store/inbox-keys.js';

/** The default, which is the origin of applications that set none. */
export const ORIGIN = 'nestjs-audit-ledger.local/ledger';

/** The key of the applications that the tests start without one: the global set-up makes the file. */
export const TESTS_KEY = existsSync(WRITER_KEY_FILE)
  ? readFileSync(WRITER_KEY_FILE, 'utf8').trim()
  : 'a key of the tests that has 32 characters or more';

export function createWriter(keys: string | readonly string[] = TESTS_KEY, origin = ORIGIN): InboxKeys {
  return new InboxKeys(new WriterKeys([keys].flat()), origin);
}

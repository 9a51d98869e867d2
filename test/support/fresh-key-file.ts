import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Where a test's ledger may make its key: each ledger has its own, since what a key signed last is kept beside it. */
export function freshKeyFile(): string {
  return join(mkdtempSync(join(tmpdir(), 'audit-key-')), 'signing.key');
}

import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Each ledger needs its own key, since the state of the last signature is stored beside the key. */
export function freshKeyFile(): string {
  return join(mkdtempSync(join(tmpdir(), 'audit-key-')), 'signing.key');
}

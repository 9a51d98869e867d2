import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { LEDGER_OWNER } from '../../migrations/audit-ownership.js';
import { makeContextKeyFile, padContextKey, readContextKey } from '../audit/index.js';
import { withClient } from './with-client.js';

const DEFAULT_FILE = '.data/context.key';

/** The database that gets the key, and the role with the right to store it. */
export interface ContextKeyOwner {
  /** The address for the ledger's owner, or for a superuser. */
  readonly url: string;
  /** The ledger's schema, if its owner is a separate role and `url` is a superuser's. */
  readonly separateSchema?: string;
  /** The login that may use the key. */
  readonly login: string;
}

const STORE = `
  INSERT INTO audit_context_key (id, inner_pad, outer_pad, logins)
    SELECT $1, $2, $3, ARRAY[$4] WHERE NOT EXISTS (SELECT FROM audit_context_key WHERE inner_pad = $2)
    ON CONFLICT DO NOTHING`;

/**
 * Makes sure that the key that signs who changes rows is in its file and in the database. Resolves with the file; with `undefined` if it is
 * missing and the process runs in production, which makes none. Rejects with the first error.
 */
export async function keepContextKey(
  { url, separateSchema, login }: ContextKeyOwner,
  file: string = DEFAULT_FILE,
): Promise<string | undefined> {
  if (process.env.NODE_ENV === 'production' && !existsSync(file)) return undefined;
  await makeContextKeyFile(file);
  const { inner, outer } = padContextKey(readContextKey({ keyFile: file }));
  const name = `${login} ${createHash('sha256').update(inner).digest('hex').slice(0, 8)}`;
  await withClient({ connectionString: url }, async (client) => {
    if (separateSchema !== undefined) {
      await client.query(`SET ROLE ${LEDGER_OWNER}`);
      await client.query(`SELECT set_config('search_path', $1, false)`, [separateSchema]);
    }
    await client.query(STORE, [name, inner, outer, login]);
  });
  return file;
}

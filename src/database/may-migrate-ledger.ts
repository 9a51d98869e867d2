import { withClient } from './with-client.js';

const OWNER = `SELECT pg_get_userbyid(relowner) AS owner FROM pg_class WHERE oid = to_regclass('audit_event')`;
const MAY_MIGRATE = `
  SELECT CASE WHEN $1::name IS NULL THEN has_schema_privilege(current_schema(), 'CREATE')
              ELSE pg_has_role($1::name, 'USAGE') END AS may`;

/**
 * Whether the role of `url` should migrate the ledger: its owner, if it exists; otherwise a role that may make tables. A ledger's role with
 * only the necessary rights leaves it to the owner.
 *
 * @param ledgerUrl the address at which the ledger is reached, perhaps with another role and another search path
 */
export async function mayMigrateLedger(url: string, ledgerUrl = url): Promise<boolean> {
  const owner = await ask(ledgerUrl, OWNER).catch((error: unknown) => {
    if (ledgerUrl === url) throw error;
    return undefined; // events go to the spill until it can be reached
  });
  return (await ask(url, MAY_MIGRATE, [owner?.owner ?? null]))?.may === true;
}

async function ask(url: string, text: string, values: unknown[] = []): Promise<Record<string, unknown> | undefined> {
  return withClient(
    { connectionString: url },
    async (client) => (await client.query<Record<string, unknown>>(text, values)).rows[0],
  );
}

import { makeRoles, rolesSuffix } from '../../migrations/audit-ownership.js';
import { withClient } from './sql.js';

/** Creates the roles of a ledger to be in the database of `url`, so that the login of `url` can migrate without CREATEROLE. Resolves with their suffix. */
export async function makeLedgerRoles(superuserUrl: string, url: string, schema = 'public'): Promise<string> {
  const { username, pathname } = new URL(url);
  return withClient(Object.assign(new URL(superuserUrl), { pathname }).href, async (client) => {
    const runner = {
      query: async (text: string, values?: unknown[]): Promise<unknown> => (await client.query(text, values)).rows,
    };
    const suffix = await rolesSuffix(runner, schema);
    await makeRoles(runner, { login: username, suffix });
    return suffix;
  });
}

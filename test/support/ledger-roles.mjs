import pg from 'pg';

/**
 * Creates the roles of a ledger to be in the database of `url`, as `migrate --roles` does, so that the login of `url` can migrate without
 * CREATEROLE. Resolves with the end of the roles' names. Needs the built library.
 */
export async function makeLedgerRoles(superuserUrl, url, schema = 'public') {
  const { makeRoles, rolesSuffix } = await import('../../dist/migrations/audit-ownership.js');
  const { username, pathname } = new URL(url);
  const client = new pg.Client({ connectionString: Object.assign(new URL(superuserUrl), { pathname }).href });
  await client.connect();
  try {
    const runner = { query: async (text, values) => (await client.query(text, values)).rows };
    const suffix = await rolesSuffix(runner, schema);
    await makeRoles(runner, { login: username, suffix });
    return suffix;
  } finally {
    await client.end();
  }
}

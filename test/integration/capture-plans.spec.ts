import { expect, it } from '@jest/globals';
import pg from 'pg';
import { captureTables } from '../support/row-changes-scene.js';
import { kept, testDatabase } from '../support/index.js';

const plans: string[] = [];

const database = await testDatabase();
await database.sql('CREATE TABLE stock (id int PRIMARY KEY, pieces int)');
await captureTables(database.url, { 'public.stock': {} });
const client = await kept(new pg.Client({ connectionString: database.superuserUrl }));
client.on('notice', ({ message = '' }) => plans.push(message));
await client.connect();
await client.query(`LOAD 'auto_explain'`);
for (const [name, value] of Object.entries({
  'auto_explain.log_min_duration': '0',
  'auto_explain.log_nested_statements': 'on',
  'auto_explain.log_verbose': 'on',
  'auto_explain.log_settings': 'on',
  'auto_explain.log_level': 'notice',
}))
  await client.query('SELECT set_config($1, $2, false)', [name, value]);

async function plansOfOneRow(statement: string): Promise<readonly string[]> {
  plans.length = 0;
  await client.query(statement);
  return plans.filter((plan) => plan.includes('audit_row_change'));
}

it('the plan of a captured change is made once for a session, also after many rows were changed by a statement', async () => {
  await client.query('INSERT INTO stock SELECT n, n FROM generate_series(1, 20000) n');
  for (let n = 0; n < 10; n++) {
    const [plan, ...others] = await plansOfOneRow('UPDATE stock SET pieces = pieces + 1 WHERE id = 1');
    expect(others).toEqual([]);
    // A plan that PostgreSQL makes again for a change has values in place of the parameters.
    expect(plan).toMatch(/\$\d/);
    if (n === 3) await client.query('ANALYZE audit_row_change'); // forgets the plan
    if (n === 3) await client.query('UPDATE stock SET pieces = pieces + 1');
  }
});

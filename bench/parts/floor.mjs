import pg from 'pg';
import { insertEvents } from '../../dist/src/modules/monitoring/store/insert-events.js';
import { costOf, insertRowsBy } from './backend-cpu.mjs';

const ROWS = 10_000;

/** The columns of the ledger and its primary key, and nothing else: no other index, trigger, constraint or month. */
const MAKE = `
  CREATE TABLE floor (LIKE audit_event INCLUDING DEFAULTS);
  ALTER TABLE floor ADD PRIMARY KEY (id)`;

/** A row that has the same bytes in two columns. */
const MAKE_TEXT = 'CREATE TABLE floor_text (id uuid PRIMARY KEY, row text NOT NULL)';
const INSERT_TEXT = 'INSERT INTO floor_text SELECT unnest($1::uuid[]), unnest($2::text[])';

/**
 * What merely storing the ledger's rows costs PostgreSQL, in batches of a size: CPU of the one backend that inserts them, and bytes of its log, a row.
 * `sameColumns` has the values of the ledger's columns, `oneText` an id and a text of as many bytes.
 */
export async function measureFloor(cluster, { rounds }, batch) {
  const database = await cluster.createDatabase();
  const client = new pg.Client({ connectionString: cluster.urlOf(database) });
  await client.connect();
  const ways = { sameColumns: asColumns, oneText: asText };
  const measured = { batch };
  try {
    await client.query(MAKE);
    await client.query(MAKE_TEXT);
    for (const name of Object.keys(ways)) measured[name] = { cpuMicros: [], walBytes: [] };
    for (let round = -1; round < rounds; round++) {
      for (const [name, statementOf] of Object.entries(ways)) {
        await cluster.checkpoint();
        const cost = await costOf(client, () => insertRowsBy(client, statementOf, batch, ROWS));
        if (round < 0) continue; // the first one warms up
        measured[name].cpuMicros.push(cost.cpuMicros / ROWS);
        measured[name].walBytes.push(cost.walBytes / ROWS);
      }
    }
    return measured;
  } finally {
    await client.end();
    await cluster.drop(database);
  }
}

/** The statement of the ledger, on the other table and without a look for events that are there already. */
function asColumns(batch) {
  const { text, values } = insertEvents(batch);
  const [insert, conflict] = ['INSERT INTO audit_event ', ' ON CONFLICT DO NOTHING'];
  if (!text.startsWith(insert) || !text.endsWith(conflict)) throw new Error(`Cannot make the floor of: ${text}`);
  return { name: 'floor', text: `INSERT INTO floor ${text.slice(insert.length, -conflict.length)}`, values };
}

function asText(batch) {
  const bytes = insertEvents(batch).values.reduce((sum, text) => sum + text.length, 0);
  const row = 'x'.repeat(Math.round(bytes / batch.length));
  return { name: 'floor_text', text: INSERT_TEXT, values: [batch.map(({ event }) => event.id), batch.map(() => row)] };
}

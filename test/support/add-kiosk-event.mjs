// Stores an event with the field `channel` in the ledger of DATABASE_URL, by the build in the folder of the first argument.
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import pg from 'pg';

const built = async (path) => import(pathToFileURL(join(process.argv[2], 'dist/src', path)).href);
const { catalogueFactRules } = await built('audit/index.js');
const { insertBatch } = await built('modules/monitoring/store/insert-batch.js');
const { sealEvents } = await built('modules/monitoring/store/seal-row.js');

const client = new pg.Client({ connectionString: process.env.DATABASE_URL });
await client.connect();
await client.query(insertBatch(sealEvents([JSON.parse(process.argv[3])], () => catalogueFactRules())));
await client.end();

import { join } from 'node:path';
import { AuditModule, AuditProvider } from 'nestjs-audit-ledger';
import pg from 'pg';
import { EVENT_COLUMNS } from '../../dist/src/modules/monitoring/store/event-columns.js';
import { insertEvents } from '../../dist/src/modules/monitoring/store/insert-events.js';
import { rootModule } from './decorate.mjs';
import { TEAM_COLUMNS } from './team-audit.mjs';

/** The same columns, written in the same way, less those of the sealing. */
const COLUMNS = EVENT_COLUMNS.map((column, index) => ({ ...column, index })).filter(({ name }) =>
  TEAM_COLUMNS.includes(name),
);
const NAMES = COLUMNS.map(({ name }) => name).join(', ');
const VALUES = COLUMNS.map(({ name, isJson }) => (isJson ? `${name}::jsonb` : name)).join(', ');
const ARRAYS = COLUMNS.map(({ name, isJson, arrayType }, nth) => {
  const array = isJson ? String.raw`string_to_array($${nth + 1}, E'\n', '')` : `$${nth + 1}::${arrayType}[]`;
  return `unnest(${array}) AS ${name}`;
}).join(', ');
const INSERT =
  `INSERT INTO team_audit (${NAMES}) SELECT ${VALUES} FROM (SELECT ${ARRAYS}) AS batch ` +
  'ON CONFLICT (id) DO NOTHING';

const json = (value) => value && JSON.stringify(value);

function rowOf(event) {
  const { changes, details, error, metadata } = event;
  return {
    event,
    json: { changes: json(changes), details: json(details), error: json(error), metadata: json(metadata) },
  };
}

/** The library with a ledger that neither seals nor sequences: the same events, as rows of the same shape, as they are. */
export function unsealedImports({ url, directory }) {
  const pool = new pg.Pool({ connectionString: url, max: 2 });
  class UnsealedProvider {
    async record(batch) {
      const { values } = insertEvents(batch.map(rowOf));
      await pool.query({ name: 'insert', text: INSERT, values: COLUMNS.map(({ index }) => values[index]) });
    }

    async onApplicationShutdown() {
      await pool.end();
    }
  }
  AuditProvider({ backend: 'unsealed', required: true, maxBatchesInFlight: 2 })(UnsealedProvider);
  return [
    AuditModule.forRoot({ spillDir: join(directory, 'spill'), spillKey: 'of the benchmark, which keeps no secret' }),
    rootModule({ providers: [UnsealedProvider] }),
  ];
}

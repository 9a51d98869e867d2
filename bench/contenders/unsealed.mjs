import { join } from 'node:path';
import { AuditModule, AuditProvider } from 'nestjs-audit-ledger';
import pg from 'pg';
import { EVENT_COLUMNS } from '../../dist/src/modules/monitoring/ledger/event-columns.js';
import { rootModule } from './decorate.mjs';
import { TEAM_COLUMNS } from './team-audit.mjs';

const COLUMNS = EVENT_COLUMNS.filter(({ name }) => TEAM_COLUMNS.includes(name));
const NAMES = COLUMNS.map(({ name }) => name).join(', ');
const INSERT =
  `INSERT INTO team_audit (${NAMES}) SELECT ${COLUMNS.map(({ name, isJson }) => (isJson ? `${name}::jsonb` : name)).join(', ')} ` +
  `FROM unnest(${COLUMNS.map(({ arrayType }, index) => `$${index + 1}::${arrayType}[]`).join(', ')}) AS batch (${NAMES}) ` +
  'ON CONFLICT (id) DO NOTHING';

/** The library with a ledger that neither seals nor sequences: the same events, as rows of the same shape, as they are. */
export function unsealedImports({ url, directory }) {
  const pool = new pg.Pool({ connectionString: url, max: 2 });
  class UnsealedProvider {
    async record(batch) {
      const rows = batch.map((event) => ({ event, facts: event }));
      await pool.query({ name: 'insert', text: INSERT, values: COLUMNS.map(({ valueOf }) => rows.map(valueOf)) });
    }

    async onApplicationShutdown() {
      await pool.end();
    }
  }
  AuditProvider({ backend: 'unsealed', required: true, maxBatchesInFlight: 2 })(UnsealedProvider);
  return [AuditModule.forRoot({ spillDir: join(directory, 'spill') }), rootModule({ providers: [UnsealedProvider] })];
}

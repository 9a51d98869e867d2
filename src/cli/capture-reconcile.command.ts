import { reconcileLedger } from '../modules/monitoring/row-changes/reconcile/reconcile-ledger.js';
import {
  describeMismatch,
  type ReconciledTable,
  type Reconciliation,
} from '../modules/monitoring/row-changes/reconcile/reconciliation.js';
import { commandError } from './command-error.js';
import { EXIT_CODES, type CommandResult } from './command-result.js';
import { ledgerUrlIn } from './ledger-url.js';
import { parseCall } from './parse-call.js';
import { NO_LEDGER, refuseCall } from './refuse-call.js';

const HELP = `Usage: nestjs-audit-ledger capture reconcile [--table <table>]… [--json] [--database-url <url>] [--schema <schema>]

Finds rows that were changed without an event, and events without their row: holds each row of the captured tables against its
last event, or against the baseline where it has none. Changes nothing, and reads one snapshot. It believes the ledger: run
verify as well.

  --table         a captured table, such as public.orders or orders; may be given several times; default: all
  --json          print { "verdict", "checkedAt", "tables", "findings", "totalFindings", "notes" }
  --database-url  the ledger; default: AUDIT_DATABASE_URL or DATABASE_URL, also from the file .env
  --schema        its database schema; default: as the connection finds it, or else audit
  --help          print this

Exit code: 0 when every row has its event and every event its row, 1 when not, 2 when it could not be checked.
`;

/** `nestjs-audit-ledger capture reconcile`. Never rejects. */
export async function runReconcile(args: readonly string[]): Promise<CommandResult> {
  try {
    const { values } = parseCall('capture reconcile', {
      args: [...args],
      options: {
        table: { type: 'string', multiple: true },
        json: { type: 'boolean', default: false },
        'database-url': { type: 'string' },
        schema: { type: 'string' },
        help: { type: 'boolean', short: 'h' },
      },
    });
    if (values.help) return { exitCode: EXIT_CODES.fine, output: HELP };
    const database = await ledgerUrlIn(values.schema, values['database-url']);
    if (database === undefined) return refuseCall('capture reconcile', [NO_LEDGER]);
    const found = await reconcileLedger({ database, tables: values.table });
    return {
      exitCode: found.verdict === 'complete' ? EXIT_CODES.fine : EXIT_CODES.missing,
      output: `${values.json ? JSON.stringify(found, undefined, 2) : describe(found)}\n`,
    };
  } catch (error) {
    return { exitCode: EXIT_CODES.notChecked, errors: `${commandError(error)}\n` };
  }
}

function describe({ verdict, tables, findings, totalFindings, notes }: Reconciliation): string {
  const more = totalFindings - findings.length;
  return [
    ...findings.map(describeMismatch),
    ...(more > 0 ? [`… and ${more} more`] : []),
    ...notes.map((note) => `note: ${note}`),
    ...tables.map(describeTable),
    `${verdict}: ${tables.length} captured ${tables.length === 1 ? 'table' : 'tables'}, ${totalFindings} ${totalFindings === 1 ? 'finding' : 'findings'}`,
  ].join('\n');
}

function describeTable({ table, rows, baselineAt, counts }: ReconciledTable): string {
  const found = Object.entries(counts).map(([kind, count]) => `${count} ${kind}`);
  return `${table}: ${rows} ${rows === 1 ? 'row' : 'rows'}, baseline of ${baselineAt}; ${found.length === 0 ? 'nothing was changed without an event' : found.join(', ')}`;
}

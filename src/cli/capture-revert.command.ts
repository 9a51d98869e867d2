import { createHmac, randomUUID } from 'node:crypto';
import { readContextKey } from '../audit/index.js';
import { RecordChanges } from '../modules/monitoring/query/records/record-changes.js';
import type { RowChange } from '../modules/monitoring/query/records/row-change.js';
import type { RevertPlan } from '../modules/monitoring/query/revert/plan-revert.js';
import {
  previewRevert,
  REVERT_ACTION,
  revertRow,
  type FindLast,
} from '../modules/monitoring/query/revert/revert-row.js';
import { RevertRefusedError } from '../modules/monitoring/query/revert/revert.error.js';
import { LedgerReader } from '../modules/monitoring/store/ledger-reader.service.js';
import { MIGRATOR } from '../modules/monitoring/store/ledger-roles.js';
import { LedgerSession } from '../modules/monitoring/store/ledger-session.js';
import { limitsWithin } from '../modules/monitoring/store/session-limits.js';
import { commandError } from './command-error.js';
import { EXIT_CODES, type CommandResult } from './command-result.js';
import { currentOperator } from './current-operator.js';
import { ledgerUrlIn } from './ledger-url.js';
import { NO_LEDGER, refuseCall } from './refuse-call.js';
import { parseCall } from './parse-call.js';

const HELP = `Usage: nestjs-audit-ledger capture revert --event <id> --dry-run [options]
       nestjs-audit-ledger capture revert --event <id> --reason <text> [--by <name>] [--context-key <file>] [options]

Undoes the captured change of one row, in one transaction with an event that names who did so and why. It refuses when the row has
changed since, and when the event does not hold the former values.

  --event         the id of the row change
  --dry-run       print the statement and its parameters, and change nothing
  --reason        why, for the event
  --by            who; default: the user and the machine
  --context-key   the file with the key that signs contexts, so that the captured change has the same actor and reason
  --database-url  the ledger's database, as a login that may change the table and add events; default: AUDIT_DATABASE_URL or
                  DATABASE_URL, also from the file .env
  --schema        the schema of the ledger; default: as the connection finds it, or else audit
  --help          print this

Exit code: 0 when the change is undone, or could be; 2 when it is refused or the command cannot be run.
`;

const LIMITS = limitsWithin(60_000);
const EVENT_ID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** `nestjs-audit-ledger capture revert`. Never rejects. */
export async function runCaptureRevert(args: readonly string[]): Promise<CommandResult> {
  try {
    const { values } = parseCall('capture revert', {
      args: [...args],
      options: {
        event: { type: 'string', default: '' },
        'dry-run': { type: 'boolean', default: false },
        reason: { type: 'string', default: '' },
        by: { type: 'string', default: currentOperator() },
        'context-key': { type: 'string' },
        'database-url': { type: 'string' },
        schema: { type: 'string' },
        help: { type: 'boolean', short: 'h' },
      },
    });
    if (values.help) return { exitCode: EXIT_CODES.fine, output: HELP };
    const { event: id, reason, by, 'dry-run': dryRun, 'context-key': keyFile } = values;
    const url = await ledgerUrlIn(values.schema, values['database-url']);
    const problems = [
      ...(EVENT_ID.test(id) ? [] : ['--event must be the id of an event']),
      ...(dryRun || reason.trim() !== '' ? [] : ['--reason is missing']),
      ...(dryRun || by.trim() !== '' ? [] : ['--by is missing']),
      ...(url === undefined ? [NO_LEDGER] : []),
    ];
    if (url === undefined || problems.length > 0) return refuseCall('capture revert', problems);
    const key = keyFile === undefined ? undefined : readContextKey({ keyFile });
    const plan = await withChanges(url, async (changes) => {
      const change = await findChange(changes, id);
      const findLast: FindLast = async (resource) => (await changes.newest(resource))[0];
      const operationId = randomUUID();
      const context = key === undefined ? '' : signContext({ key, by, reason, operationId, change });
      return LedgerSession.use(url, MIGRATOR, LIMITS, (session) =>
        dryRun
          ? previewRevert(session, change, findLast)
          : revertRow(session, change, { by, reason, context, operationId }, findLast),
      );
    });
    const done = dryRun ? '' : `Reverted: ${REVERT_ACTION} of ${plan.schema}.${plan.table} is recorded.\n`;
    return { exitCode: EXIT_CODES.fine, output: `${describe(plan)}${done}` };
  } catch (error) {
    return { exitCode: EXIT_CODES.notChecked, errors: `${commandError(error)}\n` };
  }
}

/** @throws RevertRefusedError (`AUDIT_REVERT_REFUSED`) for an unknown event */
async function findChange(changes: RecordChanges, id: string): Promise<RowChange> {
  const change = await changes.find(id);
  if (!change) throw RevertRefusedError.because(id, 'the ledger lacks it', 'Check the id.');
  return change;
}

async function withChanges<Result>(
  connectionUrl: string,
  work: (changes: RecordChanges) => Promise<Result>,
): Promise<Result> {
  const reader = new LedgerReader({ connectionUrl, maxReadConnections: 1 });
  try {
    return await work(new RecordChanges(reader, { scope: 'all' }));
  } finally {
    await reader.onApplicationShutdown();
  }
}

interface SignedFacts {
  readonly key: string;
  readonly by: string;
  readonly reason: string;
  readonly operationId: string;
  readonly change: RowChange;
}

/** As `audit_context()` verifies it: `v1.<HMAC-SHA-256 in hex>.<JSON in ASCII>`. */
function signContext({ key, by, reason, operationId, change }: SignedFacts): string {
  const { tenantId } = change.event;
  const context = {
    signedAt: Date.now(),
    actor: { type: 'admin', id: by },
    ...(tenantId !== undefined && { tenantId }),
    reason,
    operation: { id: operationId, action: REVERT_ACTION },
  };
  const json = JSON.stringify(context).replace(
    /[\u007f-\uffff]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
  return `v1.${createHmac('sha256', key).update(json).digest('hex')}.${json}`;
}

function describe({ statement: { text, values } }: RevertPlan): string {
  return [`${text};`, ...values.map((value, nth) => `-- $${nth + 1} = ${value}`), ''].join('\n');
}

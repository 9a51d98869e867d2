import { readFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { AuditError, Catalogue, errorMessage } from '../audit/index.js';
import { explainLedgerError } from '../modules/monitoring/ledger/explain-ledger-error.js';
import { KeeperSession } from '../modules/monitoring/retention/keeper-session.js';
import { policyOf, type RetentionRules } from '../modules/monitoring/retention/retention-policy.js';
import { runRetention, type RetentionReport } from '../modules/monitoring/retention/retention-run.js';
import { surveyMonths, type MonthSurvey } from '../modules/monitoring/retention/survey.js';
import { writableArchives, type ArchiveEnvironment } from './archives-of.js';
import { EXIT_CODES, type CommandResult } from './command-result.js';
import { ledgerUrl } from './ledger-url.js';

const HELP = `Usage: nestjs-audit-ledger retention plan [--policy <file>] [--json]
       nestjs-audit-ledger retention run [--dry-run] [--policy <file>] [--json]

Retires the events that are older than the policy says: archives them with their proofs, reads the archive back, records the
event audit_events_retired, and removes them once that is sealed by an application with the ledger. A run that was ended goes
on with the next one. plan, and run --dry-run, only say what would go.

  --policy        a file with the application's option retention, as JSON; default: { "days": AUDIT_RETENTION_DAYS }
  --database-url  the ledger; default: AUDIT_DATABASE_URL or DATABASE_URL, also from the file .env
  --dry-run       change nothing
  --json          print the months, or { "isBusy", "retired", "waiting", "problems" }
  --help          print this

Environment: AUDIT_RETENTION_DAYS, AUDIT_ARCHIVE_DIR, AUDIT_SIGNING_KEY_FILE, AUDIT_LEDGER_ORIGIN, as the application has them.
Exit code: 0 when all that is due is retired or was shown, 1 when some of it waits, 2 when it could not be done.
`;

/** `nestjs-audit-ledger retention`. Never rejects. */
export async function runRetentionCommand(
  args: readonly string[],
  environment: ArchiveEnvironment,
): Promise<CommandResult> {
  try {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        policy: { type: 'string' },
        'database-url': { type: 'string' },
        'dry-run': { type: 'boolean', default: false },
        json: { type: 'boolean', default: false },
        help: { type: 'boolean', short: 'h' },
      },
    });
    if (values.help) return { exitCode: EXIT_CODES.fine, output: HELP };
    const connectionUrl = ledgerUrl(values['database-url']); // reads .env first
    const rules = await rulesOf(values.policy, environment);
    const [act] = positionals;
    const isKnown = positionals.length === 1 && (act === 'plan' || act === 'run');
    if (!isKnown || connectionUrl === undefined || !rules) return { exitCode: EXIT_CODES.notChecked, errors: HELP };
    const policy = policyOf(rules, new Catalogue());
    if (act === 'plan' || values['dry-run']) {
      const months = await survey(connectionUrl, policy);
      const output = values.json ? JSON.stringify(months, undefined, 2) : describeMonths(months, policy);
      return { exitCode: EXIT_CODES.fine, output: `${output}\n` };
    }
    const archives = await writableArchives(environment);
    const report = await runRetention({ connectionUrl, archives, policy });
    const output = values.json ? JSON.stringify(report, undefined, 2) : describeReport(report);
    return { exitCode: exitCodeOf(report), output: `${output}\n` };
  } catch (error) {
    return { exitCode: EXIT_CODES.notChecked, errors: `${messageOf(error)}\n` };
  }
}

async function survey(connectionUrl: string, policy: string): Promise<readonly MonthSurvey[]> {
  const session = await KeeperSession.open(connectionUrl);
  try {
    return await surveyMonths(session, policy, new Date());
  } finally {
    await session.close();
  }
}

async function rulesOf(file: string | undefined, environment: ArchiveEnvironment): Promise<RetentionRules | undefined> {
  if (file !== undefined) return JSON.parse(await readFile(file, 'utf8')) as RetentionRules; // policyOf() checks it
  const days = environment.AUDIT_RETENTION_DAYS ?? '';
  return days === '' ? undefined : { days: Number(days) };
}

function describeMonths(months: readonly MonthSurvey[], policy: string): string {
  const lines = months.map(({ partition, events, due, held, unsealed, isWhole }) => {
    const kept = [
      ...(held > 0 ? [`${held} of them are held`] : []),
      ...(unsealed > 0 ? [`${unsealed} of them wait to be sealed`] : []),
    ];
    const how = isWhole ? 'the whole month goes' : `${events - due + held + unsealed} stay`;
    return `${partition}  ${due} of ${events} events are due${kept.map((each) => `, ${each}`).join('')}; ${how}`;
  });
  const found = lines.length > 0 ? lines : ['No month has an event that is old enough.'];
  return [...found, `policy: ${policy}`].join('\n');
}

function describeReport({ isBusy, retired, waiting, problems }: RetentionReport): string {
  if (isBusy) return 'Another process retires events: nothing was done.';
  const lines = [
    ...retired.map(
      ({ partition, events, archive }) => `retired  ${partition}  ${events} events, in the archive ${archive}`,
    ),
    ...waiting.map((why) => `waits    ${why}`),
    ...problems.map((problem) => `failed   ${problem}`),
  ];
  return lines.length > 0 ? lines.join('\n') : 'Nothing is due.';
}

function exitCodeOf({ isBusy, waiting, problems }: RetentionReport): CommandResult['exitCode'] {
  if (problems.length > 0) return EXIT_CODES.notChecked;
  return isBusy || waiting.length > 0 ? EXIT_CODES.undecided : EXIT_CODES.fine;
}

/** What the database's client rejects with is explained: its address may hold a password. */
function messageOf(error: unknown): string {
  const isOwn = error instanceof AuditError || error instanceof SyntaxError || error instanceof TypeError;
  const isFile = error instanceof Error && 'path' in error;
  return isOwn || isFile ? errorMessage(error) : explainLedgerError(error).message;
}

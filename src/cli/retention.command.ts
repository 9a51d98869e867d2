import { Catalogue } from '../audit/index.js';
import { RETENTION } from '../modules/monitoring/store/ledger-roles.js';
import { RETENTION_LIMITS } from '../modules/monitoring/store/session-limits.js';
import { LedgerSession } from '../modules/monitoring/store/ledger-session.js';
import { readRetentionFile } from '../modules/monitoring/lifecycle/retention/retention-file.js';
import { policyOf } from '../modules/monitoring/lifecycle/retention/retention-policy.js';
import { runRetention, type RetentionReport } from '../modules/monitoring/lifecycle/retention/retention-run.js';
import { surveyMonths, type MonthSurvey } from '../modules/monitoring/lifecycle/retention/survey.js';
import { writableArchives } from './archives-of.js';
import { commandError } from './command-error.js';
import { EXIT_CODES, type CommandResult } from './command-result.js';
import type { CommandEnvironment } from './key-of-environment.js';
import { sequencerUrlIn } from './ledger-url.js';
import { NO_LEDGER, refuseCall } from './refuse-call.js';
import { parseCall } from './parse-call.js';

const HELP = `Usage: nestjs-audit-ledger retention plan [--policy <file>] [--json]
       nestjs-audit-ledger retention run [--dry-run] [--policy <file>] [--json]

Retires the events that are older than the policy allows: archives them with their proofs, reads the archive back, records the event
audit_events_retired, and removes them once a running application has sealed that event. The next run finishes what an interrupted
run left. plan, and run --dry-run, only show what would be retired.

  --policy        a file with the application's option retention, as JSON; default: AUDIT_RETENTION_FILE, else
                  { "days": AUDIT_RETENTION_DAYS }
  --database-url  the ledger's database, as the login that seals it; default: AUDIT_SEQUENCER_URL,
                  AUDIT_DATABASE_URL or DATABASE_URL, in the environment or the file .env
  --schema        the ledger's database schema; default: the one that the connection finds, else audit
  --dry-run       change nothing
  --json          print { "policy", "policyOf", "months" }; a run adds "isBusy", "retired", "waiting" and "problems"
  --help          print this

Give the application's rules: the command does not load the application, and does not know its own event types. If one of these has a
compliance tag, state the days of its action under actions in the file.

Environment: AUDIT_RETENTION_DAYS, AUDIT_RETENTION_FILE, AUDIT_ARCHIVE_DIR, AUDIT_SIGNING_KEY_FILE,
AUDIT_LEDGER_ORIGIN, with the application's values.

Examples:
  nestjs-audit-ledger retention plan --policy retention.json
  nestjs-audit-ledger retention run --dry-run

Exit code: 0 when everything due is retired or shown, 1 when some of it waits, 2 when the command failed.
`;

const NO_POLICY =
  'no policy is named: give --policy, or set AUDIT_RETENTION_FILE or AUDIT_RETENTION_DAYS as the application has it';

/** What is gone by. */
interface ChosenPolicy {
  /** As canonical JSON. */
  readonly policy: string;
  /** The file, or the variable. */
  readonly policyOf: string;
}

/** `nestjs-audit-ledger retention`. Never rejects. */
export async function runRetentionCommand(
  args: readonly string[],
  environment: CommandEnvironment,
): Promise<CommandResult> {
  try {
    const { values, positionals } = parseCall('retention', {
      args: [...args],
      allowPositionals: true,
      options: {
        policy: { type: 'string' },
        'database-url': { type: 'string' },
        schema: { type: 'string' },
        'dry-run': { type: 'boolean', default: false },
        json: { type: 'boolean', default: false },
        help: { type: 'boolean', short: 'h' },
      },
    });
    if (values.help) return { exitCode: EXIT_CODES.fine, output: HELP };
    const connectionUrl = await sequencerUrlIn(values.schema, values['database-url']); // reads .env first
    const [act] = positionals;
    const isKnown = positionals.length === 1 && (act === 'plan' || act === 'run');
    if (!isKnown) return refuseCall('retention', ['it takes either plan or run']);
    if (connectionUrl === undefined) return refuseCall('retention', [NO_LEDGER]);
    const chosen = await choosePolicy(values.policy, environment);
    if (!chosen) return refuseCall('retention', [NO_POLICY]);
    const { policy } = chosen;
    if (act === 'plan' || values['dry-run']) {
      const months = await survey(connectionUrl, policy);
      return shown(EXIT_CODES.fine, chosen, { months }, describeMonths(months), values.json);
    }
    const archives = await writableArchives(environment);
    const report = await runRetention({ connectionUrl, archives, policy });
    return shown(exitCodeOf(report), chosen, report, describeReport(report), values.json);
  } catch (error) {
    return { exitCode: EXIT_CODES.notChecked, errors: `${commandError(error)}\n` };
  }
}

function survey(connectionUrl: string, policy: string): Promise<readonly MonthSurvey[]> {
  return LedgerSession.use(connectionUrl, RETENTION, RETENTION_LIMITS, (session) =>
    surveyMonths(session, policy, new Date()),
  );
}

async function choosePolicy(
  file: string | undefined,
  { AUDIT_RETENTION_FILE: own = '', AUDIT_RETENTION_DAYS: days = '' }: CommandEnvironment,
): Promise<ChosenPolicy | undefined> {
  const chosen = file ?? own;
  if (chosen !== '') return { policy: policyOf(await readRetentionFile(chosen), new Catalogue()), policyOf: chosen };
  if (days === '') return undefined;
  return { policy: policyOf({ days: Number(days) }, new Catalogue()), policyOf: `AUDIT_RETENTION_DAYS=${days}` };
}

/** With the policy in any case: it may not be the application's. */
function shown(
  exitCode: CommandResult['exitCode'],
  chosen: ChosenPolicy,
  found: object,
  text: string,
  asJson: boolean,
): CommandResult {
  const { policy, policyOf: source } = chosen;
  const output = asJson
    ? JSON.stringify({ ...chosen, ...found }, undefined, 2)
    : `${text}\nBy the policy of ${source}: ${policy}`;
  return { exitCode, output: `${output}\n` };
}

function describeMonths(months: readonly MonthSurvey[]): string {
  const lines = months.map(({ partition, events, due, held, unsealed, isWhole }) => {
    const kept = [
      ...(held > 0 ? [`${held} of them are held`] : []),
      ...(unsealed > 0 ? [`${unsealed} of them wait to be sealed`] : []),
    ];
    const how = isWhole ? 'the whole month goes' : `${events - due + held + unsealed} stay`;
    return `${partition}  ${due} of ${events} events are due${kept.map((each) => `, ${each}`).join('')}; ${how}`;
  });
  return lines.length > 0 ? lines.join('\n') : 'No month has an event that is old enough.';
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

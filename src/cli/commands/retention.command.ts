import { findMisspelledName, parseJson, type Catalogue } from '../../audit/nest-free.js';
import { RETENTION_TABLES } from '../../monitoring/store/retention-tables.js';
import { withArchivesLock, type Archives } from '../../monitoring/keep/archive/archives.js';
import { RETENTION } from '../../monitoring/store/ledger-roles.js';
import { storedCatalogue } from '../../monitoring/store/own-types.js';
import { RETENTION_LIMITS } from '../../monitoring/store/sessions/session-limits.js';
import { useSession } from '../../monitoring/store/sessions/use-session.js';
import { readRetentionFile } from '../../monitoring/keep/lifecycle/retention/retention-file.js';
import type { RetentionOptions } from '../../monitoring/keep/lifecycle/retention/retention-options.js';
import { runRetention, type RetentionReport } from '../../monitoring/keep/lifecycle/retention/retention-run.js';
import { surveyMonths, type MonthSurvey } from '../../monitoring/keep/lifecycle/retention/survey.js';
import { openWritableArchives } from '../connection/open-archives.js';
import { EXIT_CODES, type CommandResult } from '../command-result.js';
import { defineCommand, type Outcome } from '../define-command.js';
import { fitTable } from './fit-table.js';
import { flagOption, textOption } from '../options.js';
import { readInput } from '../read-input.js';
import type { CommandEnvironment } from '../connection/key-settings.js';

const NO_POLICY =
  'no policy is named: give --policy, or set AUDIT_RETENTION_FILE or AUDIT_RETENTION_DAYS to the application’s value';

interface ChosenPolicy {
  readonly policy: string;
  /** The name of the file or the variable that contains the policy. */
  readonly policySource: string;
}

export const command = defineCommand({
  name: 'retention',
  usage: ['plan [--policy <file>] [options]', 'run [--dry-run] [--policy <file>] [options]', 'index [options]'],
  about: [
    'Retires events that are older than the retention policy allows. The command archives them with their proofs, reads the archive back, and records the event audit_events_retired. It removes the events after a running application has sealed this record. The next run completes an interrupted one.',
    'Give the application’s own policy, because the command does not load the application. The ledger stores the tags of the application’s event types when the application starts.',
  ],
  arguments: [['<action>', 'plan, run or index']],
  actions: {
    plan: 'only show the events that would be retired, like run --dry-run',
    run: 'retire the events that are due',
    index: 'add the columns for queries to archives that were written without DuckDB',
  },
  options: {
    policy: textOption(
      '<file>',
      'a JSON file with the application’s option retention; - is the standard input; default: AUDIT_RETENTION_FILE, else { "days": AUDIT_RETENTION_DAYS }',
    ),
    dryRun: flagOption('change nothing'),
  },
  connects: 'sealer',
  records: (action) => action === 'run',
  json: '"policy", "policySource", "months"; a run has "isBusy", "retired", "waiting" and "problems" instead of "months"; index has "indexed" alone',
  environment:
    'AUDIT_RETENTION_DAYS, AUDIT_RETENTION_FILE, AUDIT_ARCHIVE_DIR, AUDIT_SIGNING_KEY_FILE, AUDIT_LEDGER_ORIGIN, with the application’s values.',
  examples: ['plan --policy retention.json', 'run --dry-run'],
  exitCodes: '0 when all due events are retired or shown, 1 when some of them wait, 2 when the command failed.',
  run: async ({ options, words: [action], environment, width, progress, sealer, refuse }) => {
    if (action === 'index') return indexArchives(await sealer(), await openWritableArchives(environment));
    if (action !== 'plan' && action !== 'run') refuse('the action must be plan, run or index');
    const { rules, policySource: source } = (await resolvePolicy(options.policy, environment)) ?? refuse(NO_POLICY);
    const connectionUrl = await sealer();
    const { resolvePolicy: resolveRules } =
      await import('../../monitoring/keep/lifecycle/retention/retention-options.js');
    const catalogue = await useSession(connectionUrl, RETENTION, RETENTION_LIMITS, storedCatalogue);
    const chosen = { policy: resolveRules(rules, catalogue), policySource: source };
    const { policy } = chosen;
    const warnings = notesOnNames(rules, catalogue);
    if (action === 'plan' || options.dryRun) {
      const months = await useSession(connectionUrl, RETENTION, RETENTION_LIMITS, (session) =>
        surveyMonths(session, policy, new Date()),
      );
      return {
        text: [...describeMonths(months, width), ...describePolicy(chosen, width)],
        data: { ...chosen, months },
        warnings,
      };
    }
    const archives = await openWritableArchives(environment);
    const onMonth = (done: number, total: number): void => progress.showParts(done, total, 'months');
    const report = await runRetention({ connectionUrl, archives, policy, onMonth });
    return {
      exitCode: toExitCode(report),
      text: [...describeReport(report), ...describePolicy(chosen, width)],
      data: { ...chosen, ...report },
      warnings,
    };
  },
});

async function indexArchives(connectionUrl: string, archives: Archives): Promise<Outcome> {
  const indexed = await useSession(connectionUrl, RETENTION, RETENTION_LIMITS, (session) =>
    withArchivesLock(session, () => archives.index()),
  );
  const text = indexed.length > 0 ? indexed.map((archive) => `indexed  ${archive}`) : ['Every archive is indexed.'];
  return { text, data: { indexed } };
}

async function resolvePolicy(
  file: string | undefined,
  { AUDIT_RETENTION_FILE: own = '', AUDIT_RETENTION_DAYS: days = '' }: CommandEnvironment,
): Promise<{ readonly rules: RetentionOptions; readonly policySource: string } | undefined> {
  const chosen = file ?? own;
  if (chosen !== '') return { rules: await readRetentionFile(chosen, readInput), policySource: chosen };
  return days === '' ? undefined : { rules: { days: Number(days) }, policySource: `AUDIT_RETENTION_DAYS=${days}` };
}

/** A rule for a misspelt name has no effect, so that its events would be retired too soon. */
function notesOnNames(rules: RetentionOptions, catalogue: Catalogue): readonly string[] {
  const known = catalogue.knownTypes();
  return (['categories', 'eventTypes', 'actions'] as const).flatMap((table) => {
    const { member } = RETENTION_TABLES[table];
    const names = [...new Set(known.map((each) => each[member]))];
    const unknown = Object.keys(rules[table] ?? {}).filter((name) => !names.includes(catalogue.canonicalName(name)));
    return unknown.map((name) => {
      const meant = findMisspelledName(name, names);
      return `note: ${table}.${name}: the catalogue has no event with this ${member}${meant === undefined ? '' : `; did you mean ${meant}?`}`;
    });
  });
}

/** The command always prints the policy, since the application's policy may differ from it. */
function describePolicy({ policy, policySource: source }: ChosenPolicy, width: number): readonly string[] {
  const whole = `Policy of ${source}: ${policy}`;
  if (whole.length <= width) return [whole];
  return [`Policy of ${source}:`, ...JSON.stringify(parseJson(policy), undefined, 2).split('\n')];
}

function describeMonths(months: readonly MonthSurvey[], width: number): readonly string[] {
  if (months.length === 0) return ['No event is old enough.'];
  const rows = months.map(({ partition, events, due, held, unsealed, isComplete }) => [
    partition,
    String(events),
    String(due),
    String(held),
    String(unsealed),
    isComplete ? 'none: the whole month is due' : String(events - due + held + unsealed),
  ]);
  return fitTable(['MONTH', 'EVENTS', 'DUE', 'HELD', 'UNSEALED', 'STAY'], rows, width);
}

function describeReport({ isBusy, retired, waiting, problems }: RetentionReport): readonly string[] {
  if (isBusy) return ['Another process is retiring events, so nothing was done.'];
  const lines = [
    ...retired.map(
      ({ partition, events, archive }) => `retired  ${partition}  ${events} events, in the archive ${archive}`,
    ),
    ...waiting.map((why) => `waits    ${why}`),
    ...problems.map((problem) => `failed   ${problem}`),
  ];
  return lines.length > 0 ? lines : ['Nothing is due.'];
}

function toExitCode({ isBusy, waiting, problems }: RetentionReport): CommandResult['exitCode'] {
  if (problems.length > 0) return EXIT_CODES.notChecked;
  return isBusy || waiting.length > 0 ? EXIT_CODES.undecided : EXIT_CODES.fine;
}

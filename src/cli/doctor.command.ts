import { existsSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import type { MigrationRunner } from '../../migrations/audit-migration.types.js';
import { addressLike } from '../modules/monitoring/store/sessions/ledger-address.js';
import { AUDITOR, MIGRATOR, READER, VERIFIER } from '../modules/monitoring/store/ledger-roles.js';
import { LedgerSession } from '../modules/monitoring/store/sessions/ledger-session.js';
import { limitsWithin } from '../modules/monitoring/store/sessions/session-limits.js';
import { toldBy } from '../modules/monitoring/store/health-part.js';
import type { LedgerRole } from '../modules/monitoring/store/ledger-roles.js';
import type { SigningKeys } from '../modules/monitoring/signing/signing-key-file.js';
import { commandError } from './command-error.js';
import { EXIT_CODES } from './command-result.js';
import { defineCommand } from './define-command.js';
import { checkCoverage, checkNode, checkRetention, checkWitness } from './doctor/check-application.js';
import { checkCaptured } from './doctor/check-capture.js';
import { checkKey, checkShutdown, checkSpill } from './doctor/check-files.js';
import {
  checkLogin,
  checkMigrations,
  checkProtection,
  checkSequencerLogin,
  checkSigned,
  checkState,
} from './doctor/check-ledger.js';
import { checkServer } from './doctor/check-server.js';
import { fail, type Check } from './doctor/check.js';
import { describeChecks } from './doctor/report.js';
import { subjectOfEnvironment, type LedgerOptions, type Subject } from './doctor/subject.js';
import { addressOfApplication } from './doctor/address-of-application.js';
import { NO_LEDGER, sequencerUrl } from './ledger-url.js';
import { connectDataSource, loadDataSource, type CommandDataSource } from './load-data-source.js';
import { text } from './option-definitions.js';

const LIMITS = limitsWithin(10_000);

/** `nestjs-audit-ledger doctor`. */
export const command = defineCommand({
  name: 'doctor',
  usage: ['[<file>[#<export>]] [options]'],
  about: [
    'Checks what a production set-up needs: the key, the spill, the database with its logins and rights, migrations, partitions, sealing, row changes, retention, witnesses, backups, clocks and versions. Each line is ok, a warning or an error with what to do.',
    'It changes nothing: it scans the application’s modules in Nest’s preview mode, and calls the factories of the audit modules’ options.',
  ],
  arguments: [
    [
      '[file]',
      'the built file of the root module, such as dist/app.module.js, with #<export> for an export: a module class, a dynamic module, or a function that returns one; default: the default export, or else the only module. Without a file, the options are those of the environment',
    ],
  ],
  options: {
    sequencerUrl: text(
      '<url>',
      'the ledger as the login that seals; default: the option sequencerUrl, else AUDIT_SEQUENCER_URL',
    ),
    main: text(
      '<file>',
      'the built file that starts the application, to check that it shuts down properly; default: main.js beside <file>',
    ),
  },
  connects: 'application',
  json: '"status", "at", "checks": [{ "name", "status", "says", "whatToDo" }]',
  environment:
    'the options connectionUrl and schema of the application come before AUDIT_DATABASE_URL and DATABASE_URL. --data-source also compares the triggers of its entities.',
  examples: ['dist/app.module.js#AppModule', 'dist/app.module.js --main dist/main.js --json'],
  exitCodes: '0 when no check found an error, 1 when one did, 2 when the command could not check.',
  run: async ({ options: values, connection, words, environment, width, refuse }) => {
    const [target] = words;
    const subject = target === undefined ? subjectOfEnvironment(environment) : await subjectOf(target);
    const options = subject.ledger;
    const url = await addressOfApplication(connection, options);
    if (url === undefined && target === undefined) refuse(NO_LEDGER);
    const given = values.sequencerUrl ?? options?.sequencerUrl ?? (await sequencerUrl(connection));
    const sealer = given === undefined || url === undefined ? url : addressLike(given, url); // in the schema of url
    const { keys, checks: ofKey } = options ? await checkKey(options) : { keys: undefined, checks: [] };
    const checks: readonly Check[] = [
      ...checkNode(),
      ...subject.checks,
      ...ofKey,
      ...(isSpillKnown(subject, target) ? await checkSpill(subject) : []),
      ...(await checkShutdown(values.main ?? mainBeside(target))),
      ...checkCoverage(subject),
      ...(options ? [checkRetention(options), ...(await checkWitness(options))] : []),
      ...(url === undefined || sealer === undefined
        ? []
        : await checkDatabase(url, sealer, options, keys, connection.dataSource)),
    ];
    const status =
      (['error', 'warning'] as const).find((each) => checks.some((check) => check.status === each)) ?? 'ok';
    return {
      exitCode: status === 'error' ? EXIT_CODES.missing : EXIT_CODES.fine,
      text: describeChecks(checks, Math.min(width, WIDEST)),
      data: { status, at: new Date().toISOString(), checks },
    };
  },
});

const WIDEST = 100;

/** Whether the spill is known: not if nothing of the application was read, or if the options that name the spill are wrong. */
function isSpillKnown({ spill, ledger, checks }: Subject, target: string | undefined): boolean {
  if (spill || target === undefined) return true;
  return ledger !== undefined && !checks.some(({ name, status }) => name === 'options' && status === 'error');
}

/** Reads the application's options; this loads Nest. */
async function subjectOf(target: string): Promise<Subject> {
  const { subjectOfApplication } = await import('./doctor/subject-of-application.js');
  return subjectOfApplication(target);
}

/** Returns the file where `nest build` puts `main`, if it exists. */
function mainBeside(target: string | undefined): string | undefined {
  const file = join(dirname(resolve((target ?? '').split('#')[0] ?? '')), 'main.js');
  return target !== undefined && existsSync(file) ? file : undefined;
}

async function checkDatabase(
  url: string,
  sealer: string,
  options: LedgerOptions | undefined,
  keys: SigningKeys | undefined,
  target: string | undefined,
): Promise<readonly Check[]> {
  const checks: Check[] = [];
  const isMade = await as(url, MIGRATOR, 'database', checks, async (session) => {
    checks.push(...(await checkServer(session)));
    const migrations = await checkMigrations(session, options?.rooms);
    checks.push(...migrations.checks);
    if (migrations.isMade) checks.push(...(await checkLogin(session)));
    return migrations.isMade;
  });
  if (isMade !== true) return checks;
  if (sealer !== url) {
    await as(sealer, MIGRATOR, 'sequencer-login', checks, async (session) => {
      checks.push(await checkSequencerLogin(session));
    });
  }
  await as(url, VERIFIER, 'protection', checks, async (session) => {
    checks.push(await checkProtection(session));
  });
  await as(url, READER, 'state', checks, async (session) => {
    checks.push(...(await checkState(session, options ?? { signingKeyFile: '', origin: '' })));
    if (keys && options) checks.push(await checkSigned(session, keys, options.origin));
  });
  const source = target === undefined ? undefined : await openSource(target);
  await as(url, AUDITOR, 'capture', checks, async (session) => {
    const runner: MigrationRunner = { query: async (text, parts) => session.rows(text, parts) };
    checks.push(...(await checkCaptured(source ?? runner, options ?? { signingKeyFile: '', origin: '' }, source)));
  });
  await source?.destroy();
  return checks;
}

async function openSource(target: string): Promise<CommandDataSource> {
  const source = await loadDataSource(target);
  await connectDataSource(source, target);
  return source;
}

/** Runs checks as one role. If the server or the role refuses, it reports that as an error, and resolves with `undefined`. */
async function as<Result>(
  url: string,
  role: LedgerRole,
  name: string,
  checks: Check[],
  look: (session: LedgerSession) => Promise<Result>,
): Promise<Result | undefined> {
  try {
    return await LedgerSession.use(url, role, LIMITS, look);
  } catch (error) {
    const { says, whatToDo = 'Check that the server runs, and that the address and the login are right.' } = toldBy(
      commandError(error),
    );
    checks.push(fail(name, says, whatToDo));
    return undefined;
  }
}

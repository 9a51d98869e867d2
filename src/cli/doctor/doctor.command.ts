import { existsSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import type { MigrationRunner } from '../../../migrations/audit-migration.types.js';
import { addressLike } from '../../monitoring/store/sessions/ledger-address.js';
import { AUDITOR, MIGRATOR, READER, VERIFIER, type LedgerRole } from '../../monitoring/store/ledger-roles.js';
import { LedgerSession } from '../../monitoring/store/sessions/ledger-session.js';
import { limitsWithin } from '../../monitoring/store/sessions/session-limits.js';
import { splitMessage } from '../../monitoring/store/health-part.js';
import type { LedgerKeys } from '../../monitoring/proof/signing/ledger-signer.js';
import { commandError } from '../error-sentence.js';
import { EXIT_CODES } from '../command-result.js';
import { defineCommand } from '../define-command.js';
import { checkCoverage, checkNode, checkRetention, checkWitness } from './check-application.js';
import { checkCaptured } from './check-capture.js';
import { checkKey, checkMemory, checkShutdown, checkSpill } from './check-files.js';
import {
  checkLastSigned,
  checkLogin,
  checkMigrations,
  checkProtection,
  checkSequencerLogin,
  checkSigned,
  checkState,
} from './check-ledger.js';
import { checkServer } from './check-server.js';
import { describeChecks, fail, type Check } from './check.js';
import { subjectOfEnvironment, type LedgerOptions, type Subject } from './subject.js';
import { addressOfApplication, NO_LEDGER, sequencerUrl } from '../connection/database-url.js';
import { connectDataSource, loadDataSource, type CommandDataSource } from '../connection/load-data-source.js';
import { DATA_SOURCE, text } from '../options.js';

const LIMITS = limitsWithin(10_000);

export const command = defineCommand({
  name: 'doctor',
  usage: ['[<file>[#<export>]] [options]'],
  about: [
    'Checks what a production set-up needs: the key, the spill, the database with its logins and rights, migrations, partitions, sealing, row changes, retention, witnesses, backups, clocks and versions. Each line is ok, a warning or an error; warnings and errors include the next step.',
    'The command changes nothing. It scans the application’s modules in Nest’s preview mode, and calls the factories of the audit modules’ options.',
  ],
  arguments: [
    [
      '[file]',
      'the built file of the root module, such as dist/app.module.js. #<export> names an export: a module class, a dynamic module, or a function that returns one. Without #<export>: the default export, else the only module that the file exports. Without a file, the environment’s options are checked',
    ],
  ],
  options: {
    dataSource: DATA_SOURCE,
    sequencerUrl: text(
      '<url>',
      'the ledger’s address for the login that seals; default: the option sequencerUrl, else AUDIT_SEQUENCER_URL',
    ),
    main: text(
      '<file>',
      'the built file that starts the application, to check that it shuts down properly; default: main.js beside <file>',
    ),
  },
  connects: 'application',
  json: '"status", "at", "checks": [{ "name", "status", "says", "whatToDo" }]',
  environment:
    'the application’s options connectionUrl and schema override AUDIT_DATABASE_URL and DATABASE_URL. With --data-source, the command also compares the triggers with the entities.',
  examples: ['dist/app.module.js#AppModule', 'dist/app.module.js --main dist/main.js --json'],
  exitCodes: '0 when no check found an error, 1 when one did, 2 when the command could not check.',
  run: async ({ options: values, connection, words, environment, width, refuse }) => {
    const [target] = words;
    const subject = target === undefined ? subjectOfEnvironment(environment) : await subjectOf(target);
    const options = subject.ledger;
    const url = await addressOfApplication(connection, options);
    if (url === undefined && target === undefined) refuse(NO_LEDGER);
    const given = values.sequencerUrl ?? options?.sequencerUrl ?? sequencerUrl();
    const sealer = given === undefined || url === undefined ? url : addressLike(given, url); // the sealer's address uses the schema of url
    const { keys, checks: ofKey } = options ? await checkKey(options) : { keys: undefined, checks: [] };
    const checks: readonly Check[] = [
      ...checkNode(),
      ...subject.checks,
      ...ofKey,
      ...(options ? await checkMemory(options) : []),
      ...(isSpillKnown(subject, target) ? await checkSpill(subject) : []),
      ...(await checkShutdown(values.main ?? mainBeside(target))),
      ...checkCoverage(subject),
      ...(options ? [checkRetention(options), ...(await checkWitness(options))] : []),
      ...(url === undefined || sealer === undefined
        ? []
        : await checkDatabase({ url, sealer, options, keys, target: values.dataSource })),
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

function isSpillKnown({ spill, ledger, checks }: Subject, target: string | undefined): boolean {
  if (spill) return true;
  const hasWrongOptions = checks.some(({ name, status }) => name === 'options' && status === 'error');
  return target !== undefined && ledger !== undefined && !hasWrongOptions;
}

/** Loaded on demand, because the code loads Nest. */
async function subjectOf(target: string): Promise<Subject> {
  const { subjectOfApplication } = await import('./subject-of-application.js');
  return subjectOfApplication(target);
}

function mainBeside(target: string | undefined): string | undefined {
  const file = join(dirname(resolve((target ?? '').split('#')[0] ?? '')), 'main.js');
  return target !== undefined && existsSync(file) ? file : undefined;
}

interface Examined {
  readonly url: string;
  readonly sealer: string;
  readonly options: LedgerOptions | undefined;
  readonly keys: LedgerKeys | undefined;
  /** The file with the data source. */
  readonly target: string | undefined;
}

async function checkDatabase({ url, sealer, options, keys, target }: Examined): Promise<readonly Check[]> {
  const made = { isMade: false };
  const ofServer = await as(url, MIGRATOR, 'database', async function* (session) {
    yield* await checkServer(session);
    const migrations = await checkMigrations(session, options?.rooms);
    yield* migrations.checks;
    if (migrations.isMade) yield* await checkLogin(session);
    made.isMade = migrations.isMade;
  });
  if (!made.isMade) return ofServer;
  const source = target === undefined ? undefined : await openSource(target);
  const others = [
    ...(await as(sealer, MIGRATOR, 'sequencer-login', async function* (session) {
      yield* await checkSequencerLogin(session, sealer !== url);
    })),
    ...(await as(url, VERIFIER, 'protection', async function* (session) {
      yield await checkProtection(session);
    })),
    ...(await as(url, READER, 'state', async function* (session) {
      yield* await checkState(session, options?.capture);
      if (keys && options) yield await checkSigned(session, keys, options.origin);
      if (options) yield await checkLastSigned(session, options);
    })),
    ...(await as(url, AUDITOR, 'capture', async function* (session) {
      const runner: MigrationRunner = { query: async (text, parts) => session.rows(text, parts) };
      yield* await checkCaptured(source ?? runner, options?.capture, source);
    })),
  ];
  await source?.destroy();
  return [...ofServer, ...others];
}

async function openSource(target: string): Promise<CommandDataSource> {
  const source = await loadDataSource(target);
  await connectDataSource(source, target);
  return source;
}

async function as(
  url: string,
  role: LedgerRole,
  name: string,
  look: (session: LedgerSession) => AsyncIterable<Check>,
): Promise<readonly Check[]> {
  const checks: Check[] = [];
  try {
    await LedgerSession.use(url, role, LIMITS, async (session) => {
      for await (const check of look(session)) checks.push(check);
    });
  } catch (error) {
    const { says, whatToDo = 'Check that the server runs, and that the address and the login are right.' } =
      splitMessage(commandError(error));
    checks.push(fail(name, says, whatToDo));
  }
  return checks;
}

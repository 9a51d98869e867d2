import { existsSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import type { MigrationRunner } from '../../migrations/audit-migration.types.js';
import { AUDITOR, MIGRATOR, READER, VERIFIER } from '../modules/monitoring/store/ledger-roles.js';
import { LedgerSession } from '../modules/monitoring/store/ledger-session.js';
import { limitsWithin } from '../modules/monitoring/store/session-limits.js';
import { toldBy } from '../modules/monitoring/metrics/state-report.js';
import type { LedgerRole } from '../modules/monitoring/store/ledger-roles.js';
import type { SigningKeys } from '../modules/monitoring/signing/signing-key-file.js';
import { commandError } from './command-error.js';
import { EXIT_CODES, type CommandResult } from './command-result.js';
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
import { subjectOfApplication, subjectOfEnvironment, type LedgerOptions } from './doctor/subject.js';
import type { CommandEnvironment } from './key-of-environment.js';
import { ledgerUrlIn, sequencerUrl } from './ledger-url.js';
import { loadDataSource, type CommandDataSource } from './load-data-source.js';
import { parseCall } from './parse-call.js';
import { NO_LEDGER, refuseCall } from './refuse-call.js';

const HELP = `Usage: nestjs-audit-ledger doctor [<file>[#<export>]] [--database-url <url>] [options]

Checks what a production set-up needs: the key, the spill, the database with its logins and rights, migrations, partitions, sealing,
row changes, retention, witnesses, backups, clocks and versions. Each line is ok, a warning or an error with what to do. It changes
nothing: it scans the application's modules in Nest's preview mode, and calls the factories of the audit modules' options.

  <file>          the built file of the root module, such as dist/app.module.js; without it, the options are those of the environment
  <export>        a module class, a dynamic module, or a function that returns one; default: the default export
  --database-url  the ledger's database, as the application's login; default: the option connectionUrl of the application, else
                  AUDIT_DATABASE_URL or DATABASE_URL, in the environment or the file .env
  --sequencer-url the same as the login that seals; default: the option sequencerUrl, else AUDIT_SEQUENCER_URL
  --schema        the ledger's database schema; default: the option schema, else the one that the connection finds, else audit
  --main          the built file that starts the application, to see that it stops in order; default: main.js beside <file>
  --data-source   the file that exports the TypeORM data source: compares the triggers of its entities
  --json          print { "status", "at", "checks": [{ "name", "status", "says", "whatToDo" }] }
  --help          print this

Examples:
  nestjs-audit-ledger doctor dist/app.module.js#AppModule
  NODE_ENV=production nestjs-audit-ledger doctor dist/app.module.js#AppModule --data-source dist/data-source.js --json

Exit code: 0 when no check found an error, 1 when one did, 2 when the command could not check.
`;

const LIMITS = limitsWithin(10_000);

interface DoctorCall {
  readonly 'data-source'?: string | undefined;
  readonly main?: string | undefined;
}

/** `nestjs-audit-ledger doctor`. Never rejects. */
export async function runDoctor(args: readonly string[], environment: CommandEnvironment): Promise<CommandResult> {
  try {
    const { values, positionals } = parseCall('doctor', {
      args: [...args],
      allowPositionals: true,
      options: {
        'database-url': { type: 'string' },
        'sequencer-url': { type: 'string' },
        schema: { type: 'string' },
        main: { type: 'string' },
        'data-source': { type: 'string' },
        json: { type: 'boolean', default: false },
        help: { type: 'boolean', short: 'h' },
      },
    });
    if (values.help) return { exitCode: EXIT_CODES.fine, output: HELP };
    const [target, ...others] = positionals;
    if (others.length > 0) return refuseCall('doctor', [`it takes one file, not also ${others.join(', ')}`]);
    const subject = target === undefined ? subjectOfEnvironment(environment) : await subjectOfApplication(target);
    const options = subject.ledger;
    const isNamed = values['database-url'] !== undefined || options?.connectionUrl === undefined;
    const url = isNamed ? await ledgerUrlIn(values.schema, values['database-url']) : options.connectionUrl;
    if (url === undefined && target === undefined) return refuseCall('doctor', [NO_LEDGER]);
    const sealer = values['sequencer-url'] ?? options?.sequencerUrl ?? sequencerUrl() ?? url;
    const { keys, checks: ofKey } = options ? await checkKey(options) : { keys: undefined, checks: [] };
    const checks: readonly Check[] = [
      ...checkNode(),
      ...subject.checks,
      ...ofKey,
      ...(options || target === undefined || subject.spill ? await checkSpill(subject) : []),
      ...(await checkShutdown(values.main ?? mainBeside(target))),
      ...checkCoverage(subject),
      ...(options ? [checkRetention(options), ...(await checkWitness(options))] : []),
      ...(url === undefined || sealer === undefined ? [] : await checkDatabase(url, sealer, options, keys, values)),
    ];
    return resultOf(checks, values.json);
  } catch (error) {
    return { exitCode: EXIT_CODES.notChecked, errors: `${commandError(error)}\n` };
  }
}

/** Where `nest build` puts it, if it is there. */
function mainBeside(target: string | undefined): string | undefined {
  const file = join(dirname(resolve((target ?? '').split('#')[0] ?? '')), 'main.js');
  return target !== undefined && existsSync(file) ? file : undefined;
}

async function checkDatabase(
  url: string,
  sealer: string,
  options: LedgerOptions | undefined,
  keys: SigningKeys | undefined,
  { 'data-source': target }: DoctorCall,
): Promise<readonly Check[]> {
  const checks: Check[] = [];
  const isMade = await as(url, MIGRATOR, 'database', checks, async (session) => {
    checks.push(...(await checkServer(session)));
    const migrations = await checkMigrations(session);
    checks.push(migrations.check);
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
  if (!source.isInitialized) await source.initialize();
  return source;
}

/** Looks as one role. A server or a role that refuses is an error of its own; it then resolves with `undefined`. */
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
    const { says, whatToDo = 'See that the server runs, and that the address and the login are right.' } = toldBy(
      commandError(error),
    );
    checks.push(fail(name, says, whatToDo));
    return undefined;
  }
}

function resultOf(checks: readonly Check[], asJson: boolean): CommandResult {
  const status = (['error', 'warning'] as const).find((each) => checks.some((check) => check.status === each)) ?? 'ok';
  const output = asJson
    ? `${JSON.stringify({ status, at: new Date().toISOString(), checks }, undefined, 2)}\n`
    : describeChecks(checks, process.stdout.isTTY ? process.stdout.columns : 100);
  return { exitCode: status === 'error' ? EXIT_CODES.missing : EXIT_CODES.fine, output };
}

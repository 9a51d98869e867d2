import { existsSync } from 'node:fs';
import { isEventId } from '../../monitoring/inbox/check-event.js';
import { useSession } from '../../monitoring/store/sessions/use-session.js';
import { dirname, join, resolve } from 'node:path';
import { readTables } from '../../monitoring/operate/checks/ledger-checks.js';
import { readServer } from '../../monitoring/operate/checks/server-checks.js';
import { SETUP_CHECKS, type SetupFacts } from '../../monitoring/operate/checks/setup-checks.js';
import { canRun, runChecks, splitMessage, type Check, type StatePart } from '../../monitoring/store/check.js';
import { AUDITOR, MIGRATOR, READER, VERIFIER, type LedgerRole } from '../../monitoring/store/ledger-roles.js';
import { readDisk } from '../../monitoring/store/ledger-disk.js';
import { toKnownLedger, readLedgerState } from '../../monitoring/store/ledger-state.js';
import { NO_SEQUENCER } from '../../monitoring/store/store-options.js';
import { addressLike } from '../../monitoring/store/sessions/ledger-address.js';
import type { LedgerSession } from '../../monitoring/store/sessions/ledger-session.js';
import { readLoginRights } from '../../monitoring/store/sessions/login-rights.js';
import { createPoolLimits } from '../../monitoring/store/sessions/session-limits.js';
import { CAPTURE_CHECKS, type CaptureFacts } from '../../extensions/row-changes/capture-checks.js';
import { STREAM_CHECKS, type StreamFacts } from '../../extensions/streams/stream-checks.js';
import { EXIT_CODES } from '../command-result.js';
import { wrapIndented } from '../commands/fit-table.js';
import type { Line } from '../commands/show-lines.js';
import { resolveApplicationUrl, NO_LEDGER, getSequencerUrl } from '../connection/database-url.js';
import { connectDataSource, loadDataSource, type CommandDataSource } from '../connection/load-data-source.js';
import { defineCommand } from '../define-command.js';
import { formatCommandError } from '../format-error.js';
import { DATA_SOURCE, flagOption, textOption } from '../options.js';
import { examineEvent, examineRoute } from './missing-event.js';
import { inspectEnvironment, type DoctorTarget } from './doctor-target.js';

type CheckInput = SetupFacts & CaptureFacts & StreamFacts;

/** The lines of the output, by the headings of their page. */
export const DOCTOR_CHECKS: Readonly<Record<string, readonly Check<CheckInput>[]>> = {
  ...SETUP_CHECKS,
  'Row changes': CAPTURE_CHECKS,
  Streams: STREAM_CHECKS,
};

/** A line of the output. */
export interface DoctorLine extends Pick<StatePart, 'name' | 'message' | 'remedy'> {
  readonly status: 'ok' | 'warning' | 'error';
}

const LIMITS = createPoolLimits(10_000);

export const command = defineCommand({
  name: 'doctor',
  usage: ['[<file>[#<export>]] [options]'],
  about: [
    'Checks what a production set-up needs: the key, the spill, the database with its logins and rights, migrations, partitions, sealing, row changes, retention, witnesses, backups, clocks and versions. Each line is ok, a warning or an error; warnings and errors include the next step.',
    'The command changes nothing, and sends nothing without --send-test. With --event, it explains instead why an event is missing, and where it is. It scans the application’s modules in Nest’s preview mode, and calls the factories of the audit modules’ options.',
  ],
  arguments: [
    [
      '[file]',
      'the built file of the root module, such as dist/app.module.js. #<export> names an export: a module class, a dynamic module, or a function that returns one. Without #<export>: the default export, else the only module that the file exports. Without a file, the environment’s options are checked',
    ],
  ],
  options: {
    dataSource: DATA_SOURCE,
    sequencerUrl: textOption(
      '<url>',
      'the ledger’s address for the login that seals; default: the option sequencerUrl, else AUDIT_SEQUENCER_URL',
    ),
    main: textOption(
      '<file>',
      'the built file that starts the application, to check that it shuts down properly; default: main.js beside <file>',
    ),
    event: textOption(
      '<route or id>',
      'why an event is missing, instead of the checks: a method and a path, such as "POST /orders", with <file>, or an event’s id',
    ),
    sendTest: flagOption('send a test batch to the destination of each stream in the options, and show its answer'),
  },
  connects: 'application',
  json: '"status", "at", "checks": [{ "name", "status", "message", "remedy" }]',
  environment:
    'the application’s options connectionUrl and schema override AUDIT_DATABASE_URL and DATABASE_URL. With --data-source, the command also compares the triggers with the entities.',
  examples: [
    'dist/app.module.js#AppModule',
    'dist/app.module.js --main dist/main.js --json',
    "dist/app.module.js --event 'POST /orders'",
  ],
  exitCodes:
    '0 when no check found an error, 1 when one did, 2 when the command could not check; with --event, 1 when the event is missing, parked or not audited.',
  run: async ({ options: values, connection, words, environment, width, refuse }) => {
    const [target] = words;
    const subject = await (target === undefined ? inspectEnvironment(environment) : resolveSubject(target));
    const { ledger: options, spill, coverage, backends, checks: scan } = subject;
    const url = await resolveApplicationUrl(connection, options);
    if (url === undefined && (target === undefined || values.event !== undefined)) return refuse(NO_LEDGER);
    const sealer = values.sequencerUrl ?? options?.sequencerUrl ?? getSequencerUrl();
    const sealerUrl =
      sealer === undefined || sealer === NO_SEQUENCER || url === undefined ? sealer : addressLike(sealer, url); // the sealer's address uses the schema of url
    const main = values.main ?? findMainModule(target);
    const examination = new Examination({
      ...{ process: { version: process.versions.node, mode: process.env.NODE_ENV }, isCommand: true, scan },
      ...(options && { options }),
      ...(options?.role !== 'web' && { seals: true }),
      ...(spill && { spill }),
      ...(backends && { backends }),
      ...(coverage && { coverage }),
      ...(main === undefined ? {} : { main }),
      ...(values.sendTest &&
        options?.streams && { tested: { origin: options.origin, streams: options.streams.streams } }),
    });
    if (values.event !== undefined && url !== undefined) {
      const requested = values.event.trim();
      const [, method = '', path = ''] = /^([A-Za-z]+)\s+(?:https?:\/\/[^/]*)?(\/[^?#]*)/.exec(requested) ?? [];
      if (!isEventId(requested.toLowerCase()) && path === '')
        refuse(`--event is ${requested}, neither an event’s id nor a method and a path, such as "POST /orders"`);
      if (path !== '' && target === undefined) refuse('--event with a route needs the file of the root module');
      const places = { subject, url, sealerUrl: sealerUrl === NO_SEQUENCER ? undefined : sealerUrl };
      const parts =
        path === ''
          ? [await examineEvent(requested.toLowerCase(), places)]
          : await examineRoute(method.toUpperCase(), path, places);
      examination.lines.push(...parts.map(toDoctorLine));
    } else {
      await examination.run();
      if (url !== undefined)
        await examineDatabase(examination, url, sealerUrl ?? url, options?.capture, values.dataSource);
    }
    const { lines } = examination;
    const status = (['error', 'warning'] as const).find((each) => lines.some((line) => line.status === each)) ?? 'ok';
    return {
      exitCode: status === 'error' ? EXIT_CODES.missing : EXIT_CODES.fine,
      text: describeLines(lines, Math.min(width, MAX_WIDTH)),
      data: { status, at: new Date().toISOString(), checks: lines },
    };
  },
});

/** Runs each check once, as soon as its needs are known. */
class Examination {
  readonly lines: DoctorLine[] = [];
  private waiting: readonly Check<CheckInput>[] = Object.values(DOCTOR_CHECKS).flat();

  constructor(private known: Partial<CheckInput>) {}

  /** Runs the checks whose needs are met by `more` and by what is known. Rejects with the error of a check. */
  async run(more: Partial<CheckInput> = {}): Promise<void> {
    const input = { ...this.known, ...more };
    const due = this.waiting.filter((check) => canRun(check, input));
    this.waiting = this.waiting.filter((check) => !due.includes(check));
    this.lines.push(...(await runChecks(due, input)).map(toDoctorLine));
  }

  know(more: Partial<CheckInput>): void {
    this.known = { ...this.known, ...more };
  }

  /** Runs the checks that need a session, and adds the line `name` if the session fails. */
  async runIn(
    ...[url, role, name, read]: [string, LedgerRole, string, (session: LedgerSession) => Promise<Partial<CheckInput>>]
  ): Promise<void> {
    try {
      await useSession(url, role, LIMITS, async (session) => this.run(await read(session)));
    } catch (error) {
      const { message, remedy = 'Check that the server runs, and that the address and the login are right.' } =
        splitMessage(formatCommandError(error));
      this.lines.push({ name, status: 'error', message, remedy });
    }
  }

  get isLedgerThere(): boolean {
    return this.known.tables?.isMade === true;
  }
}

async function examineDatabase(
  examination: Examination,
  ...[url, sealerUrl, options, dataSource]: [string, string, CaptureFacts['capture']['options'], string | undefined]
): Promise<void> {
  await examination.runIn(url, MIGRATOR, 'database', async (session) => {
    examination.know({ server: await readServer(session), ...(await readTables(session)) });
    return {};
  });
  if (!examination.isLedgerThere) return;
  const isSeparate = sealerUrl !== url;
  const source = dataSource === undefined ? undefined : await openSource(dataSource);
  examination.know({ capture: { options, source } });
  if (sealerUrl !== NO_SEQUENCER)
    await examination.runIn(sealerUrl, MIGRATOR, 'sequencer-login', async (session) => ({
      sealer: { rights: await readLoginRights(session), isSeparate },
    }));
  await examination.runIn(url, VERIFIER, 'protection', (snapshot) => Promise.resolve({ snapshot }));
  await examination.runIn(url, READER, 'state', async (reader) => ({
    reader,
    ledger: toKnownLedger(await readLedgerState(reader), await readDisk(reader)),
  }));
  await examination.runIn(url, AUDITOR, 'capture', (auditor) => Promise.resolve({ auditor }));
  await source?.destroy();
}

/** A part that is not in use is fine, unless somebody should use it. */
function toDoctorLine({ name, status, message, remedy }: StatePart): DoctorLine {
  const advice = remedy === undefined ? {} : { remedy };
  return { name, status: status !== 'off' ? status : remedy === undefined ? 'ok' : 'warning', message, ...advice };
}

/** Loaded on demand, because the code loads Nest. */
async function resolveSubject(target: string): Promise<DoctorTarget> {
  const { inspectApplication } = await import('./inspect-application.js');
  return inspectApplication(target);
}

function findMainModule(target: string | undefined): string | undefined {
  const file = join(dirname(resolve((target ?? '').split('#')[0] ?? '')), 'main.js');
  return target !== undefined && existsSync(file) ? file : undefined;
}

async function openSource(target: string): Promise<CommandDataSource> {
  const source = await loadDataSource(target);
  await connectDataSource(source, target);
  return source;
}

const MAX_WIDTH = 100;
const COLORS = { ok: 'green', warning: 'yellow', error: 'red' } as const;
const NAME_WIDTH = 20;
const STATUS_WIDTH = 9;
const INDENT = STATUS_WIDTH + NAME_WIDTH;

/** Formats the lines for a reader, wrapped to `width`. */
function describeLines(all: readonly DoctorLine[], width: number): readonly Line[] {
  const wrapped = (line: string): readonly string[] => wrapIndented(line, width, INDENT).split('\n');
  const shown = all.flatMap(({ name, status, message, remedy }): readonly Line[] => {
    const [first = '', ...more] = wrapped(`${status.padEnd(STATUS_WIDTH)}${name.padEnd(NAME_WIDTH)}${message}`);
    const head = { color: COLORS[status], word: first.slice(0, STATUS_WIDTH), rest: first.slice(STATUS_WIDTH) };
    return [head, ...more, ...(remedy === undefined ? [] : wrapped(`${' '.repeat(INDENT)}→ ${remedy}`))];
  });
  const counted = (status: DoctorLine['status']): number => all.filter((line) => line.status === status).length;
  return [...shown, '', `${counted('ok')} ok, warnings: ${counted('warning')}, errors: ${counted('error')}`];
}

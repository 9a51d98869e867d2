import { existsSync } from 'node:fs';
import { mkdir, readdir, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { errorCode } from '../../../audit/nest-free.js';
import { describeRead, LEDGER_READS } from '../../../monitoring/read/access/ledger-reads.js';
import { isMoment, timeOf } from '../../../monitoring/read/query/query-times.js';
import { FRAMEWORKS } from '../frameworks/frameworks.js';
import { makeReport } from '../make-report.js';
import { type Report, VERDICTS } from '../report.js';
import type { ReportedApplication } from '../settings-of.js';
import { REPORTER } from '../../../monitoring/store/ledger-roles.js';
import { LedgerSession } from '../../../monitoring/store/sessions/ledger-session.js';
import { storeOwnEvent } from '../../../monitoring/inbox/append-own-event.js';
import { verifyLedger } from '../../../monitoring/proof/verify/verify-ledger.js';
import { findUnprotected } from '../../../monitoring/store/schema/check-protection.js';
import { readCommandKey, type CommandEnvironment } from '../../../cli/connection/key-of-environment.js';
import { defineCommand } from '../../../cli/define-command.js';
import { addressOfApplication, NO_LEDGER } from '../../../cli/connection/database-url.js';
import type { Subject } from '../../../cli/doctor/subject.js';
import { flag, text, texts, BY, CHECKPOINT, keyOption, KEYS_OF_DATABASE, READ_URL } from '../../../cli/options.js';
import { readPublishedNotes } from '../../../cli/verify/published-notes.js';
import { bundleOf } from '../write/bundle.js';
import type { BundleFiles } from '../write/bundle-manifest.js';
import { readLogins } from '../read-logins.js';
import { readVerifierKeys } from '../../../cli/verify/verifier-keys.js';
import { verifyThreads } from '../../../cli/verify/verify-threads.js';
import { plainJson } from '../../../cli/nest-free.js';
import { reportHtml } from '../write/report-html.js';
import { reportErrors } from '../report.errors.js';

const MOST_EVENTS = 5_000_000;
const SAMPLE_SIZE = 5;
const MOST_SAMPLED = 100;
const FORMATS = ['html', 'json'] as const;

export const command = defineCommand({
  name: 'report',
  usage: ['[<file>] --framework <name> [options]'],
  about: [
    'Answers each clause of a framework with evidence from the ledger: figures, sampled events with their proofs, and missing evidence. An auditor has to judge the evidence.',
    'The command reads the ledger as of a signed checkpoint, verifies it, and changes nothing. The report itself is recorded as an event.',
  ],
  arguments: [
    [
      '[file]',
      'the built file of the root module, such as dist/app.module.js; #<export> names an export. Without a file, checks of the application’s options have no evidence',
    ],
  ],
  options: {
    framework: text('<name>', FRAMEWORKS.map(({ id }) => id).join(', ')),
    from: text('<time>', 'a day or an RFC 3339 time; default: a year before --to, or the beginning of the ledger'),
    to: text('<time>', 'the end, exclusive, in the same form; default: right after the newest event'),
    format: text('<format>', `${FORMATS.join(', ')}; default: html`),
    output: text('<file>', 'the file to write; - is the standard output; default: -'),
    force: flag('replace the file if it exists'),
    bundle: text(
      '<folder>',
      'instead of --output: an empty or new folder for the report as HTML and JSON, the samples with their proofs, a verifier, and a signed manifest',
    ),
    mark: text('<size>', 'the size of the checkpoint to report on; default: the newest'),
    seed: text('<text>', 'the seed of the samples; default: the root of the checkpoint'),
    sample: text(
      '<n>',
      `the number of events to draw for each check, at most ${MOST_SAMPLED}; default: ${SAMPLE_SIZE}`,
    ),
    maxEvents: text('<n>', `the maximum number of events to read, newest first; default: ${MOST_EVENTS}`),
    key: keyOption(KEYS_OF_DATABASE),
    checkpoint: CHECKPOINT,
    archives: texts(
      '<dir>',
      'an archive of retired events, or the folder of archives: without it, retired events are not checked',
    ),
    readUrl: READ_URL,
    by: BY,
  },
  connects: 'application',
  records: true,
  json: '"output", "framework", "verdicts", "scope", only with --output or --bundle; for the report itself as JSON: --format json',
  environment: 'with --bundle: AUDIT_SIGNING_KEY_FILE, AUDIT_LEDGER_ORIGIN, with the application’s values.',
  examples: [
    'dist/app.module.js --framework pci-dss-4.0.1 \\\n    --from 2026-01-01 --output pci.html',
    '--framework soc2 --format json',
    'dist/app.module.js --framework asvs-5 --bundle new',
  ],
  exitCodes: '0 when the report is written, whatever its verdicts are, 2 when the command failed.',
  run: async (call) => {
    const { options, connection, environment, operator, isJson, progress, reader, count, refuse } = call;
    const [target] = call.words;
    const { output = options.bundle ?? '-', force, bundle } = options;
    if (bundle !== undefined && options.output !== undefined) refuse('--bundle and --output cannot be combined');
    if (bundle !== undefined && options.format !== undefined) refuse('--bundle has its own formats: remove --format');
    const names = FRAMEWORKS.map(({ id }) => id).join(', ');
    const framework = FRAMEWORKS.find(({ id }) => id === options.framework);
    if (!framework) return refuse(`--framework is ${options.framework ?? 'missing'}: give one of ${names}`);
    const format = FORMATS.find((each) => each === (options.format ?? 'html'));
    if (!format) return refuse(`--format is ${options.format ?? ''}, not ${FORMATS.join(', ')}`);
    if (isJson && output === '-')
      refuse('--json needs --output <file> or --bundle <folder>: otherwise, the report is the standard output');
    const times = { from: options.from, to: options.to };
    for (const [name, time] of Object.entries(times)) {
      const isRight = time === undefined || isMoment(time);
      if (!isRight) refuse(`--${name} is ${String(time)}, not a day or a time such as 2026-11-20`);
    }
    const sampleSize = count('sample', { most: MOST_SAMPLED }) ?? SAMPLE_SIZE;
    const mostEvents = count('maxEvents', { least: 1 }) ?? MOST_EVENTS;
    const mark = count('mark');
    if (bundle !== undefined) await refuseFilled(bundle);
    else if (output !== '-' && !force) await refuseTaken(output);
    const { subject, settings, application } = await readApplication(target);
    const database = (await addressOfApplication(connection, subject?.ledger)) ?? refuse(NO_LEDGER);
    const read = await reader(database);
    const verifierKeys = await readVerifierKeys(options.key);
    const published = await readPublishedNotes(options.checkpoint);
    const verified = await verifyLedger({
      database: read,
      verifierKeys,
      published,
      ...(options.archives.length > 0 ? { archives: options.archives } : {}),
      lastEvents: mostEvents,
      threads: verifyThreads(),
      onProgress: ({ checked, size }) => progress.show(checked, size),
    });
    const verification = { ...verified, unprotected: await findUnprotected(read) };
    const session = await LedgerSession.open(read, REPORTER);
    const report = await makeReport(session, {
      framework,
      from: options.from === undefined ? undefined : timeOf(options.from),
      to: options.to === undefined ? undefined : timeOf(options.to),
      ...{ mark, sampleSize, seed: options.seed, mostEvents, verification, verifierKeys, published },
      witnessKeys: subject?.ledger?.witnesses?.map(({ verifierKey }) => verifierKey),
      logins: subject?.ledger && (await readLogins(subject.ledger, database)),
      settings,
      application,
      origin: verification.origin,
    }).finally(() => session.close());
    const files =
      bundle === undefined
        ? undefined
        : await bundleOf(report, read, await readCommandKey(environmentOf(environment, subject)));
    const written = files ? '' : format === 'html' ? reportHtml(report) : `${plainJson(report, 2)}\n`;
    // An event in the ledger records who gets the report.
    const shown = {
      access: { scope: 'all' },
      filters: { from: report.scope.from, to: report.scope.to },
      shown: report.checks.reduce((sum, { sample }) => sum + (sample?.events.length ?? 0), 0),
      more: { report: framework.id, format: files ? 'bundle' : format, mark: report.scope.size },
    } as const;
    await storeOwnEvent(database, LEDGER_READS.exported, {
      ...describeRead(shown),
      actor: { type: 'admin', id: operator },
      resource: { type: 'audit_report', id: framework.id },
    });
    const { verdicts, scope } = report;
    if (files) await writeBundle(output, files);
    else if (output === '-') {
      process.stdout.write(written);
      return {};
    } else await writeFile(output, written, { mode: 0o600, flag: force ? 'w' : 'wx', flush: true });
    return {
      text: `${output}: ${describe(report)}\n`,
      data: { output, framework: framework.id, verdicts, scope },
    };
  },
});

async function readApplication(
  target: string | undefined,
): Promise<Partial<ReportedApplication> & { readonly subject?: Subject }> {
  if (target === undefined) return {};
  const { subjectOfApplication } = await import('../../../cli/doctor/subject-of-application.js');
  const { reportedOf } = await import('../settings-of.js');
  const subject = await subjectOfApplication(target);
  const reported = reportedOf(subject);
  if (!reported) throw reportErrors.AUDIT_REPORT_REQUEST_INVALID.unreadApplication(target, problemsOf(subject));
  return { subject, ...reported };
}

function problemsOf({ checks }: Subject): string {
  const problems = checks.filter(({ status }) => status !== 'ok').map(({ says }) => says);
  return problems.join(' ') || 'the monitoring module is off';
}

function describe({ framework, verdicts, scope }: Report): string {
  const counted = VERDICTS.flatMap((verdict) => (verdicts[verdict] > 0 ? [`${verdict} ${verdicts[verdict]}`] : []));
  return `${framework.title} ${framework.version}, ${scope.events} events of ${scope.origin}: ${counted.join(', ')}`;
}

function environmentOf(environment: CommandEnvironment, subject: Subject | undefined): CommandEnvironment {
  const { signingKeyFile, signingKey, origin } = subject?.ledger ?? {};
  return {
    ...environment,
    ...(signingKeyFile !== undefined && { AUDIT_SIGNING_KEY_FILE: signingKeyFile, AUDIT_SIGNING_KEY: signingKey }),
    ...(origin !== undefined && { AUDIT_LEDGER_ORIGIN: origin }),
  };
}

/** The files in the folder may belong to another report. */
async function refuseFilled(folder: string): Promise<void> {
  try {
    if ((await readdir(folder)).length > 0) throw reportErrors.AUDIT_REPORT_REQUEST_INVALID.filled(folder);
  } catch (error) {
    if (errorCode(error) !== 'ENOENT') throw error;
  }
}

/** `stat` rejects if the folder is missing. This check precedes the reading of the ledger, which may take long. */
async function refuseTaken(file: string): Promise<void> {
  await stat(dirname(file));
  if (existsSync(file)) throw reportErrors.AUDIT_REPORT_REQUEST_INVALID.taken(file);
}

async function writeBundle(folder: string, files: BundleFiles): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  for (const [name, content] of files) {
    await writeFile(join(folder, name), content, { mode: 0o600, flag: 'wx', flush: true });
  }
}

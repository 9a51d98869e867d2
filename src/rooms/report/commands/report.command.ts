import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { stat, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { describeRead, LEDGER_READS } from '../../../monitoring/read/access/own-events.js';
import { endOf, isMoment, timeOf } from '../../../monitoring/read/query/query-times.js';
import { REPORTER } from '../../../monitoring/store/ledger-roles.js';
import { LedgerSession } from '../../../monitoring/store/sessions/ledger-session.js';
import { storeOwnEvent } from '../../../monitoring/inbox/append-own-event.js';
import { verifyLedger } from '../../../monitoring/proof/verify/verify-ledger.js';
import { findUnprotected } from '../../../monitoring/store/schema/check-protection.js';
import { defineCommand } from '../../../cli/define-command.js';
import { addressOfApplication, NO_LEDGER } from '../../../cli/connection/database-url.js';
import { flag, text, texts, BY, CHECKPOINT, keyOption, KEYS_OF_DATABASE, READ_URL } from '../../../cli/options.js';
import { readPublishedNotes } from '../../../cli/verify/published-notes.js';
import { readVerifierKeys } from '../../../cli/verify/verifier-keys.js';
import { verifyThreads } from '../../../cli/verify/verify-threads.js';
import { plainJson } from '../../../cli/nest-free.js';
import { RESULTS } from '../check.js';
import { FRAMEWORKS } from '../frameworks/regulations.js';
import { makeReport } from '../report.js';
import { reportErrors } from '../report.errors.js';
import { reportHtml } from '../report-html.js';

const MOST_EVENTS = 5_000_000;

export const command = defineCommand({
  name: 'report',
  usage: ['[<file>] --framework <name> [options]'],
  about: [
    'Answers each clause of a framework by a list of checks: the result, what was looked at, figures, and the filter of the counted events. An auditor has to judge the evidence.',
    'The command reads the ledger as of a signed checkpoint, verifies it, and changes nothing. An event in the ledger records the report, with its SHA-256.',
  ],
  arguments: [
    [
      '[file]',
      'the built file of the root module, such as dist/app.module.js; #<export> names an export. Without a file, checks of the application’s options cannot tell',
    ],
  ],
  options: {
    framework: text('<name>', FRAMEWORKS.map(({ id }) => id).join(', ')),
    from: text('<time>', 'a day or an RFC 3339 time; default: a year before --to, or the beginning of the ledger'),
    to: text('<time>', 'the end: a day is included as a whole, a time is not; default: right after the newest event'),
    output: text(
      '<file>',
      'the file to write: a page if its name ends in .html, otherwise JSON; - is the standard output; default: -',
    ),
    force: flag('replace the file if it exists'),
    mark: text('<size>', 'the size of the checkpoint to report on; default: the newest'),
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
  json: '"output", "framework", "results", "scope", only with --output <file>; otherwise the report itself is JSON',
  examples: [
    'dist/app.module.js --framework pci-dss-4.0.1 \\\n    --from 2026-01-01 --output pci.html',
    '--framework soc2 --output soc2.json',
  ],
  exitCodes: '0 when the report is written, whatever its results are, 2 when the command failed.',
  run: async (call) => {
    const { options, connection, operator, isJson, progress, reader, count, refuse } = call;
    const [target] = call.words;
    const { output = '-', force } = options;
    const names = FRAMEWORKS.map(({ id }) => id).join(', ');
    const framework = FRAMEWORKS.find(({ id }) => id === options.framework);
    if (!framework) return refuse(`--framework is ${options.framework ?? 'missing'}: give one of ${names}`);
    if (isJson && output === '-') refuse('--json needs --output <file>: without it, the report itself is JSON');
    const times = { from: options.from, to: options.to };
    for (const [name, time] of Object.entries(times)) {
      const isRight = time === undefined || isMoment(time);
      if (!isRight) refuse(`--${name} is ${String(time)}, not a day or a time such as 2026-11-20`);
    }
    const mostEvents = count('maxEvents', { least: 1 }) ?? MOST_EVENTS;
    const mark = count('mark');
    if (output !== '-' && !force) await refuseTaken(output);
    const { ledger, settings, loginsAt } = await readApplication(target);
    const database = (await addressOfApplication(connection, ledger)) ?? refuse(NO_LEDGER);
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
      to: options.to === undefined ? undefined : endOf(options.to),
      ...{ mark, mostEvents, verification, verifierKeys, published, settings, origin: verification.origin },
      witnessKeys: ledger?.witnesses?.map(({ verifierKey }) => verifierKey),
      logins: await loginsAt?.(database),
    }).finally(() => session.close());
    const { scope, clauses } = report;
    const isPage = output.endsWith('.html');
    const written = isPage ? reportHtml(report) : `${plainJson(report, 2)}\n`;
    // The sealed event proves who got the report, and its content.
    const shown = {
      access: { scope: 'all' },
      filters: { from: scope.from, to: scope.to },
      more: {
        ...{ report: framework.id, format: isPage ? 'html' : 'json', mark: scope.size },
        sha256: createHash('sha256').update(written).digest('hex'),
      },
    } as const;
    await storeOwnEvent(database, LEDGER_READS.exported, {
      ...describeRead(shown),
      actor: { type: 'admin', id: operator },
      resource: { type: 'audit_report', id: framework.id },
    });
    if (output === '-') {
      process.stdout.write(written);
      return {};
    }
    await writeFile(output, written, { mode: 0o600, flag: force ? 'w' : 'wx', flush: true });
    const counted = RESULTS.map(
      (result) => [result, clauses.filter((clause) => clause.result === result).length] as const,
    );
    const sentence = counted.flatMap(([result, number]) =>
      number > 0 ? [`${result.replace('-', ' ')} ${number}`] : [],
    );
    return {
      text: `${output}: ${framework.title} ${framework.version}, ${scope.events} events of ${scope.origin}: ${sentence.join(', ')}\n`,
      data: { output, framework: framework.id, results: Object.fromEntries(counted), scope },
    };
  },
});

async function readApplication(target: string | undefined) {
  if (target === undefined) return {};
  const { subjectOfApplication } = await import('../../../cli/doctor/subject-of-application.js');
  const { readLogins, readSettings } = await import('../read-application.js');
  const subject = await subjectOfApplication(target);
  const { ledger, checks } = subject;
  const settings = readSettings(subject);
  if (!ledger || !settings) {
    const problems = checks.filter(({ status }) => status !== 'ok').map(({ says }) => says);
    const seen = problems.join(' ') || 'the monitoring module is off';
    throw reportErrors.AUDIT_REQUEST_INVALID.unreadApplication(target, seen);
  }
  return { ledger, settings, loginsAt: (database: string) => readLogins(ledger, database) };
}

/** `stat` rejects if the folder is missing. This check precedes the reading of the ledger, which may take long. */
async function refuseTaken(file: string): Promise<void> {
  await stat(dirname(file));
  if (existsSync(file)) throw reportErrors.AUDIT_REQUEST_INVALID.taken(file);
}

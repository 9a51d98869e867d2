import { createWriteStream } from 'node:fs';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Archives } from '../modules/monitoring/archive/archives.js';
import { AUDITOR, ERASURE } from '../modules/monitoring/store/ledger-roles.js';
import { ERASURE_LIMITS } from '../modules/monitoring/store/session-limits.js';
import { LedgerSession } from '../modules/monitoring/store/ledger-session.js';
import { LedgerSessions } from '../modules/monitoring/store/ledger-sessions.js';
import { limitsWithin } from '../modules/monitoring/store/session-limits.js';
import { checkSubject } from '../modules/monitoring/lifecycle/erasure/check-request.js';
import { reportHtml } from '../modules/monitoring/lifecycle/erasure/report-html.js';
import { reportJson } from '../modules/monitoring/lifecycle/erasure/report-json.js';
import { reportSubject, type ReportSource } from '../modules/monitoring/lifecycle/erasure/subject-report.js';
import { readableArchives } from './archives-of.js';
import { commandError } from './command-error.js';
import { EXIT_CODES, type CommandResult } from './command-result.js';
import type { CommandEnvironment } from './key-of-environment.js';
import { sequencerUrlIn } from './ledger-url.js';
import { NO_LEDGER, refuseCall } from './refuse-call.js';
import { parseCall } from './parse-call.js';

const HELP = `Usage: nestjs-audit-ledger subject-report --subject <id> [--identifier <text>]… [options]

Prints everything that the ledger and its archives hold about a person. The application's own providers are not
included: use the report of the running application, GET /audit/subjects/<id>/report. The command stops at an unreadable archive.

  --subject       the person's id in the events
  --identifier    an e-mail address, a user name: also reports the events that hold it; searches the whole ledger
  --html          print an HTML page instead of JSON
  --output        the file to write; default, and for -: the standard output
  --force         replace the file if it exists
  --key           a verifier key of the ledger, or a file with one on each line, to check the archives; default: from the key file
  --database-url  the ledger's database, as the login that seals it; default: AUDIT_SEQUENCER_URL,
                  AUDIT_DATABASE_URL or DATABASE_URL, in the environment or the file .env
  --schema        the ledger's database schema; default: the one that the connection finds, else audit
  --help          print this

Environment: AUDIT_ARCHIVE_DIR, AUDIT_SIGNING_KEY_FILE, AUDIT_LEDGER_ORIGIN, with the application's values.

Examples:
  nestjs-audit-ledger subject-report --subject u-1 --html --output report.html

Exit code: 0 when the report is printed, 2 when the command failed.
`;

const STATEMENT_TIMEOUT_MS = 60_000;
const NEWEST = 'SELECT size, note FROM audit_checkpoint ORDER BY size DESC LIMIT 1';

/** `nestjs-audit-ledger subject-report`. Never rejects. */
export async function runSubjectReport(
  args: readonly string[],
  environment: CommandEnvironment,
): Promise<CommandResult> {
  try {
    const { values } = parseCall('subject-report', {
      args: [...args],
      options: {
        subject: { type: 'string' },
        identifier: { type: 'string', multiple: true, default: [] },
        html: { type: 'boolean', default: false },
        output: { type: 'string', default: '-' },
        force: { type: 'boolean', default: false },
        key: { type: 'string', multiple: true, default: [] },
        'database-url': { type: 'string' },
        schema: { type: 'string' },
        help: { type: 'boolean', short: 'h' },
      },
    });
    if (values.help) return { exitCode: EXIT_CODES.fine, output: HELP };
    const url = await sequencerUrlIn(values.schema, values['database-url']);
    if (values.subject === undefined) return refuseCall('subject-report', ['--subject is missing']);
    if (url === undefined) return refuseCall('subject-report', [NO_LEDGER]);
    const subject = checkSubject({ id: values.subject, identifiers: values.identifier });
    const archives = await readableArchives(environment, values.key);
    await withSource(url, archives, async (source) => {
      const parts = reportSubject(source, subject);
      const text = Readable.from(values.html ? reportHtml(parts) : reportJson(parts), { objectMode: false });
      if (values.output === '-') await pipeline(text, process.stdout, { end: false });
      else await pipeline(text, createWriteStream(values.output, { mode: 0o600, flags: values.force ? 'w' : 'wx' }));
    });
    return { exitCode: EXIT_CODES.fine };
  } catch (error) {
    return { exitCode: EXIT_CODES.notChecked, errors: `${commandError(error)}\n` };
  }
}

async function withSource(
  url: string,
  archives: Archives,
  work: (source: ReportSource) => Promise<void>,
): Promise<void> {
  const limits = limitsWithin(STATEMENT_TIMEOUT_MS);
  const reader = new LedgerSessions(url, AUDITOR, limits);
  const rowsOf = (text: string, values: readonly unknown[]) => reader.rows(text, values);
  try {
    const keeper = await LedgerSession.open(url, ERASURE, ERASURE_LIMITS);
    await work({
      keeper,
      eventRows: rowsOf,
      newestCheckpoint: async () => {
        const [row] = await rowsOf(NEWEST, []);
        return row && { size: Number(row.size), note: String(row.note) };
      },
      stores: new Map(),
      archives,
    }).finally(() => keeper.close());
  } finally {
    await reader.end();
  }
}

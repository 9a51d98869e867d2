import { setTimeout as pause } from 'node:timers/promises';
import { explainLedgerError } from '../modules/monitoring/store/explain-ledger-error.js';
import { ERASURE } from '../modules/monitoring/store/ledger-roles.js';
import { ERASURE_LIMITS } from '../modules/monitoring/store/session-limits.js';
import { LedgerSession } from '../modules/monitoring/store/ledger-session.js';
import { checkOptions, checkSubject } from '../modules/monitoring/lifecycle/erasure/check-request.js';
import { describeRemains } from '../modules/monitoring/lifecycle/erasure/describe-remains.js';
import {
  erasureOf,
  findErasure,
  planErasure,
  withdrawErasure,
} from '../modules/monitoring/lifecycle/erasure/erasure-records.js';
import { totalEvents, type Erasure } from '../modules/monitoring/lifecycle/erasure/erasure.js';
import { EXIT_CODES, type CommandResult } from './command-result.js';
import { currentOperator } from './current-operator.js';
import { sequencerUrlIn } from './ledger-url.js';
import { NO_LEDGER, refuseCall } from './refuse-call.js';
import { replayErasures } from './replay-erasures.js';
import { readVerifierKeys } from './verifier-keys.js';
import { errorSentence } from './file-sentence.js';
import { parseCall } from './parse-call.js';

const HELP = `Usage: nestjs-audit-ledger erase --subject <id> --reason <text> [--identifier <text>]… [options]
       nestjs-audit-ledger erase --replay <file> [--key <key>]… [options]

Erases the personal parts of all events by or about a person, and of events that hold one of the identifiers: in the ledger, its
archives and the tables of the application's providers. The command records the erasure and waits; the running application
carries it out, because only it knows its providers. If you end the command early, the erasure continues.

  --subject       the person's id in the events
  --identifier    an e-mail address, a user name: events that hold it are erased as well; repeatable
  --reason        the reason, for the event and the certificate; without personal data
  --by            who requests it; default: your user name and this machine
  --replay        the file with the certificates of erasures (AUDIT_ERASURE_FILE): repeats the erasures that a restore
                  of the database undid, and prints each
  --key           for --replay: a verifier key, or a file with one on each line; default: the keys that the database names
  --dry-run       only count the events to erase, or list the erasures to repeat
  --database-url  the ledger's database, as the login that seals it; default: AUDIT_SEQUENCER_URL,
                  AUDIT_DATABASE_URL or DATABASE_URL, in the environment or the file .env
  --schema        the ledger's database schema; default: the one that the connection finds, else audit
  --json          print the erasure as JSON
  --help          print this

Examples:
  nestjs-audit-ledger erase --subject u-1 --reason 'request of 3 March' --dry-run

Exit code: 0 when the erasure is done, 2 when it is not; the message then tells whether it is on record.
`;

const LOOK_MS = 250;
/** How long the application gets to begin. */
const BEGIN_WITHIN_MS = 30_000;

/** `nestjs-audit-ledger erase`. Never rejects. */
export async function runErase(args: readonly string[]): Promise<CommandResult> {
  try {
    const { values } = parseCall('erase', {
      args: [...args],
      options: {
        subject: { type: 'string' },
        identifier: { type: 'string', multiple: true, default: [] },
        reason: { type: 'string' },
        replay: { type: 'string' },
        key: { type: 'string', multiple: true, default: [] },
        by: { type: 'string', default: currentOperator() },
        'dry-run': { type: 'boolean', default: false },
        'database-url': { type: 'string' },
        schema: { type: 'string' },
        json: { type: 'boolean', default: false },
        help: { type: 'boolean', short: 'h' },
      },
    });
    if (values.help) return { exitCode: EXIT_CODES.fine, output: HELP };
    const url = await sequencerUrlIn(values.schema, values['database-url']);
    const { subject: id, reason, 'dry-run': dryRun } = values;
    if (values.replay !== undefined) {
      if (id !== undefined || reason !== undefined || values.identifier.length > 0) {
        return refuseCall('erase', ['--replay takes neither --subject, --identifier nor --reason: they are not kept']);
      }
      if (url === undefined) return refuseCall('erase', [NO_LEDGER]);
      const { replay: file, by, json } = values;
      const verifierKeys = await readVerifierKeys(values.key);
      return await LedgerSession.use(url, ERASURE, ERASURE_LIMITS, async (session) =>
        replayErasures(session, {
          url,
          file,
          verifierKeys,
          by: { type: 'admin', id: by },
          dryRun,
          waitFor: (planned) => waitFor(session, planned, json),
        }),
      );
    }
    if (id === undefined || reason === undefined) {
      return refuseCall('erase', [id === undefined ? '--subject is missing' : '--reason is missing']);
    }
    if (url === undefined) return refuseCall('erase', [NO_LEDGER]);
    const subject = checkSubject({ id, identifiers: values.identifier });
    const options = { by: { type: 'admin', id: values.by }, reason, dryRun } as const;
    checkOptions(options);
    return await LedgerSession.use(url, ERASURE, ERASURE_LIMITS, async (session) => {
      const planned = await planErasure(session, subject, options);
      return waitFor(session, planned, values.json).catch((error: unknown) => lostSight(planned, error));
    });
  } catch (error) {
    return { exitCode: EXIT_CODES.notChecked, errors: `${errorSentence(error)}\n` };
  }
}

async function waitFor(session: LedgerSession, planned: Erasure, asJson: boolean): Promise<CommandResult> {
  const giveUpAt = performance.now() + BEGIN_WITHIN_MS;
  let told: string | undefined;
  for (;;) {
    const record = await findErasure(session, planned.id);
    if (!record) return { exitCode: EXIT_CODES.notChecked, errors: `The erasure ${planned.id} was withdrawn.\n` };
    const erasure = erasureOf(record);
    if (erasure.state === 'done') return { exitCode: EXIT_CODES.fine, output: describe(erasure, asJson) };
    if (erasure.startedAt === undefined && performance.now() > giveUpAt) return notBegun(session, erasure);
    const { problem } = erasure;
    if (problem !== undefined && problem !== told)
      process.stderr.write(`The erasure ${erasure.id} waits: ${problem}\n`);
    told = problem ?? told;
    await pause(LOOK_MS);
  }
}

function lostSight({ id }: Erasure, error: unknown): CommandResult {
  const errors = `The erasure ${id} is on record and continues. ${explainLedgerError(error).message}\n`;
  return { exitCode: EXIT_CODES.notChecked, errors };
}

async function notBegun(session: LedgerSession, { id, dryRun }: Erasure): Promise<CommandResult> {
  const isGone = dryRun && (await withdrawErasure(session, id));
  const left = isGone ? 'It was withdrawn.' : 'It stays on record, and begins when the application runs.';
  const errors = `Cannot carry out the erasure ${id} now: no application that has its ledger there began with it. ${left}\n`;
  return { exitCode: EXIT_CODES.notChecked, errors };
}

function describe(erasure: Erasure, asJson: boolean): string {
  if (asJson) return `${JSON.stringify(erasure, undefined, 2)}\n`;
  const { counts, remains, dryRun, certificate } = erasure;
  const months = Object.entries(counts.events).map(([month, relations]) => {
    const parts = Object.entries(relations).map(([relation, count]) => `${relation} ${count}`);
    return `  ${month}: ${parts.join(', ')}`;
  });
  const providers = Object.entries(counts.providers).map(([backend, rows]) => `  ${backend}: ${rows} row(s)`);
  return [
    `${dryRun ? 'Would erase' : 'Erased'} the personal part of ${totalEvents(counts)} event(s)${months.length > 0 ? ':' : '.'}`,
    ...months,
    `${counts.archived} event(s) in archives, ${counts.held} kept by legal holds, ${counts.namedInFacts} with an identifier in their facts.`,
    ...(providers.length > 0 ? ['Providers:', ...providers] : []),
    ...(counts.deadLetters > 0 ? [`${counts.deadLetters} dead letter(s) in the spill: look at them.`] : []),
    ...describeRemains(remains),
    ...(certificate === undefined ? [] : ['', certificate.trimEnd()]),
    '',
  ].join('\n');
}

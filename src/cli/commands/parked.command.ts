import {
  discardParkedLines,
  listParkedLines,
  retryParkedLines,
  type ListedLine,
} from '../../monitoring/sealer/parked-lines.js';
import { SEQUENCER } from '../../monitoring/store/ledger-roles.js';
import { LedgerSession } from '../../monitoring/store/sessions/ledger-session.js';
import { limitsWithin } from '../../monitoring/store/sessions/session-limits.js';
import { defineCommand } from '../define-command.js';
import { fitTable } from './fit-table.js';
import { inboxKeysOf, writerKeysOf } from '../connection/key-of-environment.js';
import { BY, flag, text } from '../options.js';

const ROLE = { ...SEQUENCER, name: 'parked' };
const LIMITS = limitsWithin(60_000);
const MOST_LISTED = 1_000;

export const command = defineCommand({
  name: 'parked',
  usage: ['[list] [options]', 'retry [<number>…] [--unsigned]', 'discard <number>… --reason <text>'],
  about: [
    'The leader parks a line of the inbox that it cannot seal: a line that no version of the library writes, or whose values PostgreSQL refuses. This command shows the parked lines, without the values of their events. Correct the cause, and retry the lines; or discard forged lines.',
  ],
  arguments: [
    ['[action]', 'what to do; default: list'],
    ['[numbers...]', 'the numbers of lines, as list prints them'],
  ],
  actions: {
    list: `show the oldest ${MOST_LISTED} lines, with the reason`,
    retry: 'move lines back to the inbox, with their signatures; default: all',
    discard: 'remove lines for good; an event records the reason, and the SHA-256 of each line',
  },
  options: {
    unsigned: flag(
      'for retry: sign the lines by AUDIT_WRITER_KEY, so first make sure that your application wrote them. For lines without a valid signature',
    ),
    reason: text('<text>', 'for discard: the reason, which the event records'),
    by: BY,
  },
  connects: 'sealer',
  records: (action) => action === 'discard',
  json: 'for list "lines": [{ "number", "parkedAt", "storedAt", "type", "id", "lines", "reason" }] and "total"; for retry "retried"; for discard "discarded"',
  environment: 'for retry --unsigned: AUDIT_WRITER_KEY and AUDIT_LEDGER_ORIGIN, with the application’s values.',
  examples: ['', 'retry', `discard 17 18 --reason 'forged on 2026-11-20'`],
  exitCodes: '0 when the command succeeded, 2 when it failed and changed nothing.',
  run: async ({ options, words: [action = 'list', ...given], environment, operator, width, sealer, refuse }) => {
    const numbers = given.map((word) => (/^\d{1,15}$/.test(word) ? Number(word) : refuse(`${word} is not a number`)));
    const use = async <Result>(work: (session: LedgerSession) => Promise<Result>): Promise<Result> =>
      LedgerSession.use(await sealer(), ROLE, LIMITS, work);
    const refuseMissing = (missing: readonly number[]): never =>
      refuse(`no parked line has the number ${missing.join(', ')}; nothing was changed`);
    if (action === 'list' && numbers.length === 0) {
      const listed = await use((session) => listParkedLines(session, MOST_LISTED));
      return { text: describe(listed, width), data: listed };
    }
    if (action === 'retry') {
      const { problem } = writerKeysOf(environment);
      if (options.unsigned && problem !== undefined) refuse(`--unsigned needs AUDIT_WRITER_KEY: ${problem}`);
      const writer = options.unsigned ? inboxKeysOf(environment) : undefined;
      const request = { numbers: numbers.length > 0 ? numbers : undefined, writer, refuse: refuseMissing };
      const retried = await use((session) => retryParkedLines(session, request));
      return {
        text: retried === 0 ? 'Nothing was moved.\n' : `Moved ${retried} line(s) back to the inbox.\n`,
        data: { retried },
      };
    }
    if (action === 'discard' && numbers.length > 0) {
      const reason = options.reason?.trim() ?? '';
      if (reason === '') refuse('--reason is missing');
      const request = { numbers, by: operator, reason, refuse: refuseMissing };
      await use((session) => discardParkedLines(session, request));
      const discarded = new Set(numbers).size;
      return { text: `Discarded ${discarded} line(s). An event records this.\n`, data: { discarded } };
    }
    return refuse('the action must be list, retry, or discard with the numbers of lines');
  },
});

function describe(
  { lines, total }: { readonly lines: readonly ListedLine[]; readonly total: number },
  width: number,
): readonly string[] {
  if (lines.length === 0) return ['Nothing is parked.'];
  const rows = lines.map(({ number, parkedAt, type = '', id = '', lines: count, reason }) => [
    ...[String(number), parkedAt, type, id, String(count), reason],
  ]);
  const more = total > lines.length ? [`… and ${total - lines.length} more.`] : [];
  return [...fitTable(['NUMBER', 'PARKED', 'TYPE', 'ID', 'LINES', 'REASON'], rows, width), ...more];
}

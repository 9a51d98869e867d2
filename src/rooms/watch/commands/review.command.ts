import { isTime } from '../../../monitoring/read/query/query-times.js';
import type { DailyReview, ReviewPage, ReviewSection } from '../review/daily-review.dto.js';
import { defineCommand, type Outcome } from '../../../cli/define-command.js';
import { text, texts, BY, keyOption, KEYS_OF_DATABASE } from '../../../cli/options.js';
import { describeReply, recordReply } from './reply.js';
import type { CommandWatch } from './use-watch.js';
import { readVerifierKeys } from '../../../cli/verify/verifier-keys.js';

const MOST_DAYS = 180;

export const command = defineCommand({
  name: 'review',
  usage: [
    'list [state=<state>] [options]',
    'show <day> [options]',
    'comment <day> --comment <text> [options]',
    'sign-off <day> [--comment <text>] [options]',
  ],
  about: [
    'Shows, comments on and signs off the daily reviews that the option review opens. Each read, comment and sign-off is recorded as an event. With four eyes, nobody can sign off a day on which they acted; for this rule, --by names the person.',
  ],
  arguments: [
    ['<action>', 'one of the actions below'],
    ['[day]', 'such as 2026-11-20; for list: state=open, overdue or signed_off; default: all'],
  ],
  actions: {
    list: 'show the newest 180 reviews, newest first, with comments and sign-offs',
    show: 'show the full review of a day',
    comment: 'comment on a day',
    'sign-off': 'sign a day off',
  },
  options: {
    comment: text('<text>', 'for comment and sign-off'),
    tenant: texts('<id>', 'show, comment on or sign off only this tenant’s part; default: all tenants'),
    by: BY,
    key: keyOption(KEYS_OF_DATABASE),
  },
  connects: 'sealer',
  records: true,
  json: 'for list "items"; for show "review"; for comment and sign-off "answer"',
  environment:
    'for comment and sign-off: AUDIT_SIGNING_KEY_FILE and AUDIT_LEDGER_ORIGIN, with the application’s values.',
  examples: ['list state=open', 'show 2026-11-20'],
  exitCodes: '0 when the command succeeded, 2 when it failed.',
  run: async (call) => {
    const { options, access, refuse } = call;
    const [action = '', day] = call.words;
    if (!ACTIONS.has(action)) refuse('the action must be list, show, comment or sign-off');
    if (action !== 'list' && (day === undefined || !isDay(day))) refuse(`${action} needs a day, such as 2026-11-20`);
    const { comment, tenant } = options;
    if (action === 'comment' && comment === undefined) refuse('--comment is missing');
    const state = action === 'list' ? day?.replace(/^state=/, '') : undefined;
    if (state !== undefined && !STATES.has(state))
      refuse(`list accepts state=open, overdue or signed_off, not ${day ?? ''}`);
    if (['comment', 'sign-off'].includes(action) && tenant.length > 1) {
      refuse(`${action} accepts only one --tenant: run it once for each tenant`);
    }
    const wanted = day ?? '';
    const works: Readonly<Record<string, (use: CommandWatch) => Promise<Outcome>>> = {
      list: async ({ reviews, noteRead }) => {
        const all = await reviews.list(access, MOST_DAYS);
        const items = all.filter((review) => state === undefined || review.state === state);
        await noteRead({ reviews: state ?? 'all' }, items.length);
        const none = ['No review matches. The option review opens one for each day.'];
        return { text: items.length > 0 ? items.flatMap(describeReview) : none, data: { items } };
      },
      show: async ({ reviews, noteRead }) => {
        const review = await reviews.page(access, wanted);
        await noteRead({ review: wanted }, review.alerts.length);
        return { text: describePage(review), data: { review } };
      },
      comment: (use) => recordReply(use, call, 'day', wanted, { kind: 'comment', comment }),
      'sign-off': (use) => recordReply(use, call, 'day', wanted, { kind: 'sign_off', comment }),
    };
    const isRead = ['list', 'show'].includes(action);
    const verifierKeys = await readVerifierKeys(options.key);
    // Loaded on demand, because the help does not need it.
    const { withWatch } = await import('./use-watch.js');
    return withWatch(call, { isRead, verifierKeys }, (use) => works[action]?.(use) ?? refuse());
  },
});

const ACTIONS = new Set(['list', 'show', 'comment', 'sign-off']);
const STATES = new Set(['open', 'overdue', 'signed_off']);

function isDay(day: string): boolean {
  return day.length === '2026-11-20'.length && isTime(day);
}

function describeReview({ day, state, timeZone, checkpointSize, firstPlace, answers }: DailyReview): string[] {
  const line = `${day}  ${state}  index ${firstPlace} up to ${checkpointSize}, time zone ${timeZone}`;
  return [line, ...answers.map((answer) => `  ${describeReply(answer)}`)];
}

function describePage(page: ReviewPage): string[] {
  const { rules, watchedTo, events, sections, alerts } = page;
  const watched =
    watchedTo === undefined ? 'no rules ran' : `${rules.length} rules had evaluated the first ${watchedTo} events`;
  return [
    ...describeReview(page),
    `${events} events; ${watched}`,
    ...sections.flatMap(describeSection),
    ...(alerts.length > 0 ? ['answers to alerts:'] : []),
    ...alerts.map(
      ({ id, state, level, rule, raisedAt, title }) => `  ${raisedAt}  ${id}  ${state}  ${level}  ${rule}  ${title}`,
    ),
  ];
}

function describeSection({ name, total, rows, rowTotal }: ReviewSection): string[] {
  const lines = rows.map(({ label, actor, count, firstPlace, lastPlace, eventId }) => {
    const who = actor.erased === true ? 'erased' : (actor.id ?? actor.type);
    const places = firstPlace === lastPlace ? `index ${firstPlace}` : `index ${firstPlace} to ${lastPlace}`;
    return `  ${label}  ${who}  ${count}  ${places}  ${eventId}`;
  });
  const more = rowTotal > rows.length ? [`  and ${rowTotal - rows.length} more`] : [];
  return [`${name}: ${total}`, ...lines, ...more];
}

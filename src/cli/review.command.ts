import { isTime } from '../modules/monitoring/query/query-times.js';
import type { ReviewStep, DailyReview, ReviewPage, ReviewSection } from '../modules/watch/review/daily-review.dto.js';
import { defineCommand, type Outcome } from './define-command.js';
import { text, texts, byOption, keyOption, KEYS_OF_DATABASE } from './options.js';
import type { CommandWatch } from './use-watch.js';
import { readVerifierKeys } from './verifier-keys.js';

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
    'Shows the reviews of days, which the option review opens, comments on them and signs them off. Each comment and sign-off is an event, and so is each read. With four eyes, nobody signs off a day in which they acted; this command takes --by for the person.',
  ],
  arguments: [
    ['<action>', 'one of those below'],
    ['[day]', 'such as 2026-11-20; for list: state=open, overdue or signed_off; default: all'],
  ],
  actions: {
    list: 'show the newest 180 reviews, newest first, with comments and sign-offs',
    show: 'show everything that a day’s review has to look at',
    comment: 'comment on a day',
    'sign-off': 'sign a day off',
  },
  options: {
    comment: text('<text>', 'for comment and sign-off'),
    tenant: texts('<id>', 'only what this tenant did; a comment or sign-off is for this tenant; default: all'),
    by: byOption(),
    key: keyOption(KEYS_OF_DATABASE),
  },
  connects: 'sealer',
  json: 'for list "items"; for show "review"; for comment and sign-off "step"',
  environment:
    'to comment and to sign off, AUDIT_SIGNING_KEY_FILE and AUDIT_LEDGER_ORIGIN, with the application’s values.',
  examples: ['list state=open', 'show 2026-11-20'],
  exitCodes: '0 when it is done, 2 when the command failed.',
  run: async (call) => {
    const { options, access, refuse } = call;
    const [action = '', day] = call.words;
    if (!ACTIONS.has(action)) refuse('it takes list, show, comment or sign-off');
    if (action !== 'list' && (day === undefined || !isDay(day))) refuse(`${action} takes a day, such as 2026-11-20`);
    const { comment, tenant } = options;
    if (action === 'comment' && comment === undefined) refuse('--comment is missing');
    const state = action === 'list' ? day?.replace(/^state=/, '') : undefined;
    if (state !== undefined && !STATES.has(state))
      refuse(`list takes state=open, overdue or signed_off, not ${day ?? ''}`);
    if (['comment', 'sign-off'].includes(action) && tenant.length > 1) {
      refuse(`${action} takes one --tenant: do it for each of them`);
    }
    const wanted = day ?? '';
    const works: Readonly<Record<string, (use: CommandWatch) => Promise<Outcome>>> = {
      list: async ({ reviews, noteRead }) => {
        const all = await reviews.list(access, MOST_DAYS);
        const items = all.filter((review) => state === undefined || review.state === state);
        await noteRead({ reviews: state ?? 'all' }, items.length);
        const none = ['No review is like that. The option review opens one for each day.'];
        return { text: items.length > 0 ? items.flatMap(describeReview) : none, data: { items } };
      },
      show: async ({ reviews, noteRead }) => {
        const review = await reviews.page(access, wanted);
        await noteRead({ review: wanted }, review.sample.items.length);
        return { text: describePage(review), data: { review } };
      },
      comment: async ({ reviews }) => told(await reviews.take(access, wanted, { kind: 'comment', comment })),
      'sign-off': async ({ reviews }) => told(await reviews.take(access, wanted, { kind: 'sign_off', comment })),
    };
    const isRead = ['list', 'show'].includes(action);
    const verifierKeys = await readVerifierKeys(options.key);
    // Loaded on demand, since the help needs none of it.
    const { withWatch } = await import('./use-watch.js');
    return withWatch(call, { isRead, verifierKeys }, (use) => works[action]?.(use) ?? refuse());
  },
});

const ACTIONS = new Set(['list', 'show', 'comment', 'sign-off']);
const STATES = new Set(['open', 'overdue', 'signed_off']);

function isDay(day: string): boolean {
  return day.length === '2026-11-20'.length && isTime(day);
}

function told(step: ReviewStep): Outcome {
  return { text: [describeStep(step)], data: { step } };
}

/** Describes a review in a line, with another for each comment and sign-off. */
function describeReview({ day, state, timeZone, checkpointSize, firstPlace, steps }: DailyReview): string[] {
  const line = `${day}  ${state}  places ${firstPlace} up to ${checkpointSize}, days of ${timeZone}`;
  return [line, ...steps.map((step) => `  ${describeStep(step)}`)];
}

function describeStep({ id, kind, at, by, tenantId, comment }: ReviewStep): string {
  const of = tenantId === undefined ? '' : ` tenant=${tenantId}`;
  const said = comment === undefined ? '' : `: ${comment}`;
  return `${at}  ${id}  ${kind === 'sign_off' ? 'signed off' : 'commented'} by ${by.id ?? by.type}${of}${said}`;
}

/** Describes a review with everything that has to be looked at. */
function describePage(page: ReviewPage): string[] {
  const { rules, watchedTo, events, sections, alerts, sample } = page;
  const watched =
    watchedTo === undefined ? 'no rules ran' : `${rules.length} rules had looked at the first ${watchedTo} places`;
  const drawn = sample.items.map(
    ({ occurredAt, id, type, actor }) => `  ${occurredAt}  ${id}  ${type}  ${actor.id ?? actor.type}`,
  );
  return [
    ...describeReview(page),
    `${events} events; ${watched}`,
    ...sections.flatMap(describeSection),
    ...(alerts.length > 0 ? ['answers to alerts:'] : []),
    ...alerts.map(
      ({ id, state, level, rule, raisedAt, title }) => `  ${raisedAt}  ${id}  ${state}  ${level}  ${rule}  ${title}`,
    ),
    `sample: ${sample.items.length} of ${sample.population}, seed ${sample.seed}`,
    ...drawn,
  ];
}

function describeSection({ name, total, rows, rowTotal }: ReviewSection): string[] {
  const lines = rows.map(({ label, actor, count, firstPlace, lastPlace, eventId }) => {
    const who = actor.erased === true ? 'erased' : (actor.id ?? actor.type);
    const places = firstPlace === lastPlace ? `place ${firstPlace}` : `places ${firstPlace} to ${lastPlace}`;
    return `  ${label}  ${who}  ${count}  ${places}  ${eventId}`;
  });
  const more = rowTotal > rows.length ? [`  and ${rowTotal - rows.length} more`] : [];
  return [`${name}: ${total}`, ...lines, ...more];
}

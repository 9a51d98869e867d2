import type { DailyReview, ReviewPage, ReviewSection, ReviewStep } from '../modules/watch/review/daily-review.dto.js';

/** Describes a review in a line, with another for each comment and sign-off. */
export function describeReview({ day, state, timeZone, checkpointSize, firstPlace, steps }: DailyReview): string[] {
  const line = `${day}  ${state}  places ${firstPlace} up to ${checkpointSize}, days of ${timeZone}`;
  return [line, ...steps.map((step) => `  ${describeStep(step)}`)];
}

export function describeStep({ id, kind, at, by, tenantId, comment }: ReviewStep): string {
  const of = tenantId === undefined ? '' : ` tenant=${tenantId}`;
  const said = comment === undefined ? '' : `: ${comment}`;
  return `${at}  ${id}  ${kind === 'sign_off' ? 'signed off' : 'commented'} by ${by.id ?? by.type}${of}${said}`;
}

/** Describes a review with everything that has to be looked at. */
export function describePage(page: ReviewPage): string[] {
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

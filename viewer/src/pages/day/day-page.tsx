import { Loaded, Empty, Panel } from '../../design/panel.js';
import { PlainText } from '../../design/plain-text.js';
import { eventHref } from '../../events/links.js';
import { hrefOf, type Route } from '../../router.js';
import { actorName } from '../../sentences/sentence.js';
import { Thread } from '../../threads/thread-panel.js';
import { useRequest } from '../../use-request.js';
import { useViewer } from '../../viewer-context.js';
import { AlertBadges } from '../alerts/alert-facts.js';
import type { DailyReview, ReviewPage, ReviewSection } from './daily-review.js';
import { text, type TextKey } from '../../texts/day.js';

const STATES: Readonly<Record<DailyReview['state'], TextKey>> = {
  open: 'open',
  overdue: 'overdue',
  signed_off: 'signedOff',
};
const SECTIONS: Readonly<Record<string, TextKey>> = {
  alerts: 'alerts',
  refused: 'refused',
  administrators: 'administrators',
  rights: 'rights',
  log_access: 'logAccess',
  log_changes: 'logChanges',
  lost_or_late: 'lostOrLate',
};

export function DayPage({ route }: { readonly route: Route }) {
  const [day] = route.segments;
  return (
    <div class="page">
      <header class="page-head">
        <h1>{day === undefined ? text('title') : text('of', { day })}</h1>
        <p>{text('intro')}</p>
      </header>
      {day === undefined ? <Days /> : <Day key={day} day={day} />}
    </div>
  );
}

function Days() {
  const { api } = useViewer();
  const request = useRequest('days', (signal) =>
    api.get<{ readonly items: readonly DailyReview[] }>('/reviews', {}, signal),
  );
  return (
    <Panel title={text('title')}>
      <Loaded request={request}>
        {({ items }) =>
          items.length === 0 ? (
            <Empty>{text('none')}</Empty>
          ) : (
            <ul class="thread-lines">
              {items.map(({ day, state }) => (
                <li key={day} class="day-line">
                  <a href={hrefOf({ page: 'day', segments: [day] })}>{day}</a>
                  <span class="badge">{text(STATES[state])}</span>
                </li>
              ))}
            </ul>
          )
        }
      </Loaded>
    </Panel>
  );
}

function Day({ day }: { readonly day: string }) {
  const { api, t } = useViewer();
  const request = useRequest(day, (signal) => api.get<ReviewPage>(`/reviews/${encodeURIComponent(day)}`, {}, signal));
  return (
    <Loaded request={request} lines={6}>
      {(review) => (
        <div class="page-columns">
          <div>
            <Watched review={review} />
            <Replies alerts={review.alerts} />
            {review.sections.map((section) => (
              <Section key={section.name} section={section} />
            ))}
          </div>
          <div>
            <Panel title={t('thread.review')} note={text(STATES[review.state])}>
              <Thread kind="day" id={day} answers={review.answers} done={request.reload} />
            </Panel>
          </div>
        </div>
      )}
    </Loaded>
  );
}

function Watched({ review }: { readonly review: ReviewPage }) {
  const { firstPlace, checkpointSize, timeZone, rules, watchedTo, events } = review;
  return (
    <Panel title={text('automatic')} note={timeZone}>
      <p class="panel-text">{text('places', { first: firstPlace, size: checkpointSize, events })}</p>
      <p class="panel-text">
        {watchedTo === undefined ? text('unwatched') : text('watched', { count: rules.length, place: watchedTo })}{' '}
        <PlainText text={rules.join(', ')} />
      </p>
    </Panel>
  );
}

function Section({ section }: { readonly section: ReviewSection }) {
  const { words, formats } = useViewer();
  const { name, total, rows, rowTotal } = section;
  const title = SECTIONS[name];
  return (
    <Panel title={title === undefined ? name : text(title)} note={formats.number(total)}>
      {rows.length === 0 ? (
        <Empty>{text('nothing')}</Empty>
      ) : (
        <ul class="thread-lines">
          {rows.map(({ label, actor, count, eventId }) => (
            <li key={eventId + label} class="day-line">
              <a href={eventHref(eventId)}>
                <PlainText text={label} />
              </a>
              <span>
                {actor.erased === true ? text('erased') : <PlainText text={actorName(actor, words)} />}{' '}
                {`× ${formats.number(count)}`}
              </span>
            </li>
          ))}
        </ul>
      )}
      {rowTotal > rows.length && <p class="quiet">{text('more', { count: rowTotal - rows.length })}</p>}
    </Panel>
  );
}

function Replies({ alerts }: Pick<ReviewPage, 'alerts'>) {
  if (alerts.length === 0) return null;
  return (
    <Panel title={text('answers')}>
      <ul class="thread-lines">
        {alerts.map((alert) => (
          <li key={alert.id} class="day-line">
            <a href={hrefOf({ page: 'alerts', segments: [alert.id] })}>
              <PlainText text={alert.title} />
            </a>
            <span>
              <AlertBadges alert={alert} />
            </span>
          </li>
        ))}
      </ul>
    </Panel>
  );
}

import { Answered, Empty, Panel } from '../../design/panel.js';
import { PlainText } from '../../design/plain-text.js';
import { EventLines } from '../../events/event-lines.js';
import { eventHref } from '../../events/links.js';
import type { MessageKey } from '../../i18n/translate.js';
import { hrefOf, type Route } from '../../router.js';
import { actorName } from '../../sentences/sentence.js';
import { useRequest } from '../../use-request.js';
import { useViewer } from '../../viewer-context.js';
import { ReviewLines } from '../review/review-lines.js';
import '../review/review-page.css';
import type { DailyReview, ReviewPage, ReviewSection } from './daily-review.js';
import { SignOff } from './sign-off.js';

const STATES: Readonly<Record<DailyReview['state'], MessageKey>> = {
  open: 'day.open',
  overdue: 'day.overdue',
  signed_off: 'day.signedOff',
};
const SECTIONS: Readonly<Record<string, MessageKey>> = {
  alerts: 'day.alerts',
  refused: 'day.refused',
  administrators: 'day.administrators',
  rights: 'day.rights',
  log_access: 'day.logAccess',
  log_changes: 'day.logChanges',
  lost_or_late: 'day.lostOrLate',
  canaries: 'day.canaries',
};

/** The reviews of days, or one of them. */
export function DayPage({ route }: { readonly route: Route }) {
  const { t } = useViewer();
  const [day] = route.segments;
  return (
    <div class="page">
      <header class="page-head">
        <h1>{day === undefined ? t('day.title') : t('day.of', { day })}</h1>
        <p>{t('day.intro')}</p>
      </header>
      {day === undefined ? <Days /> : <Day key={day} day={day} />}
    </div>
  );
}

function Days() {
  const { api, t } = useViewer();
  const request = useRequest('days', (signal) =>
    api.get<{ readonly items: readonly DailyReview[] }>('/reviews', {}, signal),
  );
  return (
    <Panel title={t('day.title')}>
      <Answered request={request}>
        {({ items }) =>
          items.length === 0 ? (
            <Empty>{t('day.none')}</Empty>
          ) : (
            <ul class="review-lines">
              {items.map(({ day, state }) => (
                <li key={day} class="day-line">
                  <a href={hrefOf({ page: 'day', segments: [day] })}>{day}</a>
                  <span class="badge">{t(STATES[state])}</span>
                </li>
              ))}
            </ul>
          )
        }
      </Answered>
    </Panel>
  );
}

function Day({ day }: { readonly day: string }) {
  const { api, t } = useViewer();
  const request = useRequest(day, (signal) => api.get<ReviewPage>(`/reviews/${encodeURIComponent(day)}`, {}, signal));
  return (
    <Answered request={request} lines={6}>
      {(review) => (
        <div class="page-columns">
          <div>
            <Watched review={review} />
            {review.sections.map((section) => (
              <Section key={section.name} section={section} />
            ))}
            <Panel title={t('review.sample')} note={review.sample.seed}>
              {review.sample.items.length === 0 ? (
                <Empty>{t('review.emptySample')}</Empty>
              ) : (
                <EventLines events={review.sample.items} label={t('review.sample')} />
              )}
            </Panel>
          </div>
          <div>
            <Panel title={t('review.page')} note={t(STATES[review.state])}>
              {review.steps.length === 0 ? (
                <Empty>{t('review.noSignOff')}</Empty>
              ) : (
                <ReviewLines reviews={review.steps} />
              )}
              <SignOff day={day} done={request.reload} />
            </Panel>
          </div>
        </div>
      )}
    </Answered>
  );
}

/** The part that needs nobody: which places, and which rules have looked at them. */
function Watched({ review }: { readonly review: ReviewPage }) {
  const { t } = useViewer();
  const { firstPlace, checkpointSize, timeZone, rules, watchedTo, events } = review;
  return (
    <Panel title={t('day.automatic')} note={timeZone}>
      <p class="panel-text">{t('day.places', { first: firstPlace, size: checkpointSize, events })}</p>
      <p class="panel-text">
        {watchedTo === undefined ? t('day.unwatched') : t('day.watched', { count: rules.length, place: watchedTo })}{' '}
        <PlainText text={rules.join(', ')} />
      </p>
    </Panel>
  );
}

function Section({ section }: { readonly section: ReviewSection }) {
  const { t, words, formats } = useViewer();
  const { name, total, rows, rowTotal } = section;
  const title = SECTIONS[name];
  return (
    <Panel title={title === undefined ? name : t(title)} note={formats.number(total)}>
      {rows.length === 0 ? (
        <Empty>{t('day.nothing')}</Empty>
      ) : (
        <ul class="review-lines">
          {rows.map(({ label, actor, count, eventId }) => (
            <li key={eventId + label} class="day-line">
              <a href={eventHref(eventId)}>
                <PlainText text={label} />
              </a>
              <span>
                {actor.erased === true ? t('day.erased') : <PlainText text={actorName(actor, words)} />}{' '}
                {`× ${formats.number(count)}`}
              </span>
            </li>
          ))}
        </ul>
      )}
      {rowTotal > rows.length && <p class="quiet">{t('day.more', { count: rowTotal - rows.length })}</p>}
    </Panel>
  );
}

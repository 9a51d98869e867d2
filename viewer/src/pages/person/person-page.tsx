import { useState } from 'preact/hooks';
import { Loaded, Empty, ErrorPage, Panel, Skeleton } from '../../design/panel.js';
import { PlainText } from '../../design/plain-text.js';
import { toVisibleText } from '../../design/visible-text.js';
import { Icon } from '../../design/icon.js';
import { ClientName } from '../../events/client-name.js';
import { EventLines } from '../../events/event-lines.js';
import { getEventHref, recordHref, searchHref, type PivotField } from '../../events/links.js';
import { OutcomeBadge } from '../../events/outcome-badge.js';
import type { EventPage } from '../../events/viewed-event.js';
import type { MessageKey } from '../../texts/index.js';
import { toHref, type Route } from '../../router.js';
import { shortenId } from '../../summaries/shown-names.js';
import { useRequest } from '../../use-request.js';
import { useViewer } from '../../viewer-context.js';
import { Without } from '../search/query-chips.js';
import { buildReadsQuery } from '../search/suggested-questions.js';
import type { ActorProfile, Seen } from './actor-profile.js';
import { ErasePanel } from './erase-panel.js';
import { SubjectReport } from './subject-report.js';
import './person-page.css';

const WITHOUT_READS = { 'category[ne]': 'audit_access' } as const;

export function PersonPage({ route }: { readonly route: Route }) {
  const [id = ''] = route.segments;
  const [round, setRound] = useState(0);
  const startAgain = () => setRound(round + 1);
  return (
    <Person key={`${round} ${id}`} id={id} showsReads={route.params.get('reads') === 'true'} startAgain={startAgain} />
  );
}

interface PersonProps {
  readonly id: string;
  /** Whether the page shows what the person read in the log, in addition to what they did. */
  readonly showsReads: boolean;
  /** Reads everything again. */
  readonly startAgain: () => void;
}

function Person({ id, showsReads, startAgain }: PersonProps) {
  const { api, t } = useViewer();
  const path = `/actors/${encodeURIComponent(id)}/profile`;
  const profile = useRequest(`${id} ${showsReads}`, (signal) =>
    api.get<ActorProfile>(path, showsReads ? {} : WITHOUT_READS, signal),
  );
  const { response, error, isLoading } = profile;
  if (error !== undefined && !isLoading) return <ErrorPage title={t('person.page')} request={profile} />;
  return (
    <div class="page">
      {response === undefined ? (
        <header class="page-head">
          <Skeleton lines={2} label={t('state.loading')} />
        </header>
      ) : (
        <PersonHead profile={response} showsReads={showsReads} />
      )}
      <div class="page-columns">
        <div>
          <Panel title={t('person.rights')} note={t('person.rightsNote')} isFlush>
            <Loaded request={profile} lines={4}>
              {({ rights }) =>
                rights.length === 0 ? (
                  <Empty>{t('person.noRights')}</Empty>
                ) : (
                  <EventLines events={rights} label={t('person.rights')} />
                )
              }
            </Loaded>
          </Panel>
          <SeenPanel title="person.sessions" none="person.noSessions" pivot="session" seen={response?.sessions} />
          <SeenPanel title="person.ips" none="person.noIps" pivot="ip" seen={response?.ips} />
          <SeenPanel title="person.userAgents" none="person.noUserAgents" seen={response?.userAgents} />
        </div>
        <div>
          <RecentEvents id={id} showsReads={showsReads} />
          {response !== undefined && <Holds profile={response} />}
          <SubjectReport id={id} />
          {response !== undefined && (
            <ErasePanel
              id={id}
              name={response.name ?? undefined}
              addresses={response.addresses.filter((each) => each !== id)}
              shared={[...(response.name === null ? [] : [response.name]), ...response.ips.map(({ value }) => value)]}
              erasures={response.erasures ?? []}
              done={startAgain}
            />
          )}
        </div>
      </div>
    </div>
  );
}

function PersonHead({ profile, showsReads }: Pick<PersonProps, 'showsReads'> & { readonly profile: ActorProfile }) {
  const { t, formats, words, router } = useViewer();
  const { id, name, types, total, isComplete, first, last, outcomes } = profile;
  return (
    <header class="page-head">
      <p class="page-kind">{t('person.page')}</p>
      <h1>
        <PlainText text={name ?? id} />
      </h1>
      <p class="page-facts">
        {types.map((type) => (
          <span key={type} class="badge">
            <PlainText text={words.actorTypes[type] ?? type} />
          </span>
        ))}
        <code>
          <PlainText text={id} />
        </code>
      </p>
      {total === 0 ? (
        <p>{t('person.nothing')}</p>
      ) : (
        <p class="page-facts">
          <strong>{t(isComplete ? 'person.events' : 'person.newestEvents', { count: total })}</strong>
          {Object.entries(outcomes).map(([outcome, count]) => (
            <span key={outcome} class="person-outcome">
              <OutcomeBadge outcome={outcome} /> {formats.number(count)}
            </span>
          ))}
          {first !== null && last !== null && (
            <span class="quiet">
              {t('person.between', { first: formats.moment(first), last: formats.moment(last) })}
            </span>
          )}
        </p>
      )}
      {!showsReads && (
        <ul class="chips" aria-label={t('search.terms')}>
          <Without
            what="search.withoutReads"
            remove={() => router.go({ page: 'person', segments: [id], params: { reads: 'true' } })}
          />
        </ul>
      )}
      <div class="page-tools">
        <a class="button is-small" href={searchHref('about', `user/${id}`)}>
          <Icon name="search" />
          {t('person.search')}
        </a>
        <a class="button is-small" href={toHref({ page: 'search', params: { q: buildReadsQuery(id) } })}>
          <Icon name="search" />
          {t('person.readers')}
        </a>
        <a class="button is-small" href={recordHref({ type: 'user', id })}>
          <Icon name="clock" />
          {t('person.done')}
        </a>
      </div>
    </header>
  );
}

function SeenPanel(props: {
  readonly title: MessageKey;
  readonly none: MessageKey;
  readonly pivot?: PivotField;
  readonly seen: readonly Seen[] | undefined;
}) {
  const { title, none, pivot, seen } = props;
  const { t, formats } = useViewer();
  return (
    <Panel title={t(title)} isFlush>
      {seen === undefined ? (
        <Skeleton lines={3} label={t('state.loading')} />
      ) : seen.length === 0 ? (
        <Empty>{t(none)}</Empty>
      ) : (
        <div class="table-wrap" tabIndex={0} role="group" aria-label={t(title)}>
          <table class="table seen-table">
            <thead>
              <tr>
                <th scope="col">{t('person.value')}</th>
                <th scope="col">{t('person.first')}</th>
                <th scope="col">{t('person.last')}</th>
                <th scope="col" class="is-number">
                  {t('person.count')}
                </th>
              </tr>
            </thead>
            <tbody>
              {seen.map(({ value, first, last, count }) => (
                <tr key={value}>
                  <th scope="row" class="person-value">
                    {pivot === undefined ? (
                      <ClientName userAgent={value} />
                    ) : (
                      <a href={searchHref(pivot, value)} title={toVisibleText(value)}>
                        <PlainText text={shortenId(value)} class="fact-code" />
                      </a>
                    )}
                  </th>
                  <td class="person-time" data-label={t('person.first')} title={formats.utc(first)}>
                    {formats.moment(first)}
                  </td>
                  <td class="person-time" data-label={t('person.last')} title={formats.utc(last)}>
                    {formats.moment(last)}
                  </td>
                  <td class="is-number">{formats.number(count)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </Panel>
  );
}

function RecentEvents({ id, showsReads }: Omit<PersonProps, 'startAgain'>) {
  const { api, t } = useViewer();
  const filters = { 'actorId[eq]': id, ...(showsReads ? {} : WITHOUT_READS) };
  const request = useRequest(`${id} ${showsReads}`, (signal) =>
    api.get<EventPage>('/events', { ...filters, limit: 8, names: 'true', rows: 'false' }, signal),
  );
  return (
    <Panel title={t('person.recent')} isFlush>
      <Loaded request={request} lines={8}>
        {({ items }) =>
          items.length === 0 ? (
            <Empty>{t('person.nothing')}</Empty>
          ) : (
            <EventLines events={items} label={t('person.recent')} />
          )
        }
      </Loaded>
    </Panel>
  );
}

function Holds({ profile: { holds, erasures = [] } }: { readonly profile: ActorProfile }) {
  const { t, formats } = useViewer();
  if (holds.length === 0 && erasures.length === 0) return null;
  return (
    <>
      {holds.map(({ id, reason = '', placedAt, releasedAt }) => (
        <p key={id} class="note">
          <Icon name="lock" />
          <span>
            {t(releasedAt === undefined || releasedAt === null ? 'person.held' : 'person.wasHeld')}{' '}
            <PlainText text={reason} />
            {placedAt !== undefined && <span class="quiet"> {formats.moment(placedAt)}</span>}
          </span>
        </p>
      ))}
      {erasures
        .filter(({ state }) => state === 'done')
        .map(({ id, finishedAt, eventId }) => (
          <p key={id} class="note is-erased">
            <Icon name="minus" />
            <span>
              {t('person.erased')} {finishedAt !== undefined && formats.moment(finishedAt)}{' '}
              {eventId !== undefined && <a href={getEventHref(eventId)}>{t('event.act')}</a>}
            </span>
          </p>
        ))}
    </>
  );
}

import { Icon } from '../../design/icon.js';
import { Loaded, Empty, ErrorPage, Panel, Skeleton } from '../../design/panel.js';
import { PlainText } from '../../design/plain-text.js';
import { EventLines } from '../../events/event-lines.js';
import { Fact } from '../../events/fact.js';
import { eventHref } from '../../events/links.js';
import { hrefOf } from '../../router.js';
import { Thread } from '../../threads/thread-panel.js';
import { useRequest } from '../../use-request.js';
import { useViewer } from '../../viewer-context.js';
import { AlertBadges, Age } from './alert-facts.js';
import type { AlertWithEvents } from './alert.js';
import { SuppressForm } from './suppress-form.js';
import { text } from '../../texts/alerts.js';

export function AlertPage({ id }: { readonly id: string }) {
  const { api, t } = useViewer();
  const request = useRequest(`alert ${id}`, (signal) =>
    api.get<AlertWithEvents>(`/alerts/${encodeURIComponent(id)}`, {}, signal),
  );
  const { response: alert, error, isLoading } = request;
  if (error !== undefined && !isLoading) return <ErrorPage title={text('title')} request={request} />;
  if (alert === undefined) return <Skeleton lines={6} label={t('state.loading')} />;
  const { title, state, raisedAt, events, matchedCount, group } = alert;
  return (
    <div class="page">
      <header class="page-head">
        <a class="alert-back" href={hrefOf({ page: 'alerts' })}>
          <Icon name="back" />
          {text('all')}
        </a>
        <h1>
          <PlainText text={title} />
        </h1>
        <div class="page-facts">
          <AlertBadges alert={alert} />
          <Age at={raisedAt} />
        </div>
      </header>
      <div class="alert-columns">
        <div class="alert-column">
          <Facts alert={alert} />
          <Panel title={text('events')} note={text('count', { count: matchedCount })} isFlush>
            <Loaded request={request}>
              {() => (events.length === 0 ? <Empty>{text('noEvents')}</Empty> : <EventLines events={events} />)}
            </Loaded>
            {events.length > 0 && events.length < matchedCount && (
              <p class="panel-empty">{text('eventsLeft', { shown: events.length, count: matchedCount })}</p>
            )}
          </Panel>
        </div>
        <div class="alert-column">
          <Panel title={text('answer')}>
            {state === 'suppressed' ? (
              <p class="panel-text">{text('isSuppressed')}</p>
            ) : (
              <Thread kind="alert" id={id} answers={alert.answers} done={request.reload} />
            )}
          </Panel>
          {group !== undefined && <SuppressForm alert={alert} />}
        </div>
      </div>
    </div>
  );
}

function Facts({ alert }: { readonly alert: AlertWithEvents }) {
  const { formats } = useViewer();
  const { id, rule, tenantId, raisedAt, firstAt, lastAt, group = {} } = alert;
  const moment = (at: string | undefined) => (at === undefined ? undefined : formats.moment(at));
  return (
    <Panel title={text('facts')}>
      <dl class="alert-facts">
        {Object.entries(group).map(([field, value]) => (
          <Fact key={field} label={field.replace(/^details\./, '')} value={value} isCode />
        ))}
        <Fact label={text('rule')} value={rule} isCode />
        <Fact label={text('tenant')} value={tenantId} pivot="tenant" />
        <Fact label={text('raised')} value={moment(raisedAt)} />
        <Fact label={text('first')} value={moment(firstAt)} />
        <Fact label={text('last')} value={moment(lastAt)} />
      </dl>
      <p class="alert-proof">
        <a href={eventHref(id)}>{text('asEvent')}</a>
      </p>
    </Panel>
  );
}

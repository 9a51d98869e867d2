import { ApiError } from '../../api.error.js';
import { formatCurl } from '../../curl/format-curl.js';
import { CopyButton } from '../../design/copy-button.js';
import { Icon } from '../../design/icon.js';
import { ErrorPage, Panel, Skeleton } from '../../design/panel.js';
import { PlainText } from '../../design/plain-text.js';
import { getAcceptedAt } from '../../events/accepted-at.js';
import { ChangesTable } from '../../events/changes-table.js';
import { EventSummary } from '../../events/event-summary.js';
import { EventTime, HappenedAt } from '../../events/event-time.js';
import { getEventHref, recordHref, getTable } from '../../events/links.js';
import { OutcomeBadge } from '../../events/outcome-badge.js';
import { SeverityIcon } from '../../events/severity-icon.js';
import type { OpenedEvent, ViewedEvent } from '../../events/viewed-event.js';
import { ProofPanel } from '../../proof/proof-panel.js';
import { getJoinedFrom } from '../../proof/sealed-entry.js';
import type { Route } from '../../router.js';
import { useRequest } from '../../use-request.js';
import { useViewer } from '../../viewer-context.js';
import { GapNotes } from './gap-notes.js';
import { MatchedEvents } from './matched-events.js';
import { ActorFacts, RequestFacts } from './event-facts.js';
import { EventDetails } from './event-details.js';
import { Neighbours } from './neighbours.js';
import { RawJson } from './raw-json.js';
import { RelatedEvents } from './related-events.js';
import './event-page.css';

const PARTS = ['related', 'proof', 'salt', 'gaps', 'matched'];

export function EventPage({ route, isBeside = false }: { readonly route: Route; readonly isBeside?: boolean }) {
  const [id = ''] = route.segments;
  const { api, t } = useViewer();
  const path = `/events/${encodeURIComponent(id)}`;
  const request = useRequest(id, async (signal) => {
    // The ledger records one read for the page, so that reading the log does not fill the log.
    const parts = { include: PARTS, neighbours: isBeside ? undefined : 3 };
    const { included = {}, ...event } = await api.get<OpenedEvent>(path, { names: 'true', ...parts }, signal);
    if (hasId(event, id)) return { event, included };
    throw new ApiError('unexpected', '', [t('event.another', { id: event.id })]); // without this check, the page would show a valid proof of another event
  });
  const opened = request.response && hasId(request.response.event, id) ? request.response : undefined;
  if (opened === undefined && request.error !== undefined && !request.isLoading) {
    return <ErrorPage title={t('event.page')} request={request} />;
  }
  return (
    <div class="page event-page">
      {opened === undefined ? <LoadingEvent /> : <LoadedEvent {...opened} path={path} />}
    </div>
  );
}

function hasId(event: ViewedEvent, id: string): boolean {
  return event.id === id.toLowerCase();
}

function LoadingEvent() {
  const { t } = useViewer();
  return (
    <>
      <div class="page-head event-head">
        <Skeleton lines={2} label={t('state.loading')} />
      </div>
      <div class="page-columns">
        <div>
          <div class="card event-loading" />
        </div>
        <div>
          <div class="card event-loading" />
        </div>
      </div>
    </>
  );
}

function LoadedEvent(props: {
  readonly event: ViewedEvent;
  readonly included: NonNullable<OpenedEvent['included']>;
  readonly path: string;
}) {
  const { event, included, path } = props;
  const { relations = [], related, neighbours, proof, gaps = [], matched } = included;
  const { t } = useViewer();
  const isErased = gaps.some(({ kind }) => kind === 'erased');
  return (
    <>
      <EventHead event={event} path={path} />
      <GapNotes event={event} gaps={gaps} />
      <div class="page-columns">
        <div>
          {event.changes !== undefined && (
            <Panel title={t('event.changes')} note={<ChangesNote event={event} />} isFlush>
              <ChangesTable changes={shownChanges(event)} isErased={isErased} />
            </Panel>
          )}
          {matched && <MatchedEvents alert={event} events={matched} />}
          <EventDetails event={event} />
          <RelatedEvents key={`related ${event.id}`} {...{ event, relations, related }} />
          {neighbours && <Neighbours event={event} {...neighbours} />}
        </div>
        <div>
          <Panel title={t('event.actor')} isFlush>
            <ActorFacts event={event} />
          </Panel>
          {event.request !== undefined && (
            <Panel title={t('event.request')} isFlush>
              <RequestFacts request={event.request} metadata={event.metadata} />
            </Panel>
          )}
          <ProofPanel key={event.id} event={event} given={proof} />
        </div>
      </div>
      <RawJson event={event} />
    </>
  );
}

/** For a bulk change, the digest of the states before and after is sealed, and the `diff` is not. */
function shownChanges(event: ViewedEvent): ViewedEvent['changes'] {
  const { changes } = event;
  return getJoinedFrom(event) === 'images' ? { before: changes?.before, after: changes?.after } : changes;
}

function EventHead({ event, path }: { readonly event: ViewedEvent; readonly path: string }) {
  const { api, t, formats } = useViewer();
  const { origin, pathname, search } = globalThis.location;
  return (
    <header class="page-head event-head">
      <h1>
        <EventSummary event={event} isLinked />
      </h1>
      <div class="page-facts">
        <OutcomeBadge outcome={event.outcome} />
        <SeverityIcon severity={event.severity} isAlways />
        <span>
          <EventTime event={event} format="moment" /> <span class="quiet">{formats.utc(getAcceptedAt(event))}</span>
          <HappenedAt event={event} />
        </span>
        <code class="event-type">
          <PlainText text={event.type} />
        </code>
        <span class="quiet">
          {event.index === undefined ? t('event.unsealed') : t('event.place', { index: event.index })}
        </span>
        {event.compliance?.map((tag) => (
          <span key={tag} class="badge">
            {tag}
          </span>
        ))}
      </div>
      <div class="page-tools">
        {event.resource?.id !== undefined && (
          <a
            class="button is-small"
            href={recordHref(
              { type: event.resource.type, id: event.resource.id },
              { event: event.id, table: getTable(event) },
            )}
          >
            <Icon name="clock" />
            {t('event.timeline')}
          </a>
        )}
        <CopyButton label={t('event.copyLink')} text={() => `${origin}${pathname}${search}${getEventHref(event.id)}`} />
        <CopyButton label={t('event.copyCurl')} text={() => formatCurl(new URL(api.url(path), origin).href)} />
        <CopyButton label={t('event.copyId')} text={() => event.id} />
      </div>
    </header>
  );
}

function ChangesNote({ event: { rowChanges } }: { readonly event: ViewedEvent }) {
  const { t } = useViewer();
  if (rowChanges === undefined) return null;
  return <>{t('event.captured', { count: rowChanges.records })}</>;
}

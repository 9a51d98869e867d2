import { useMemo, useState } from 'preact/hooks';
import { Empty, ErrorPage, Panel, Skeleton } from '../../design/panel.js';
import { PlainText } from '../../design/plain-text.js';
import { Icon } from '../../design/icon.js';
import { getPersonHref, searchHref } from '../../events/links.js';
import { EventLineText } from '../../events/event-lines.js';
import { useKeys } from '../../events/use-keys.js';
import type { EventPage, ViewedEvent } from '../../events/viewed-event.js';
import type { Route } from '../../router.js';
import { formatResource } from '../../summaries/summary.js';
import { useRequest } from '../../use-request.js';
import { useViewer } from '../../viewer-context.js';
import { RecordStep } from './record-step.js';
import { groupSteps, type Step } from './steps.js';
import './record-page.css';

const PAGE_SIZE = 100;

export function RecordPage({ route }: { readonly route: Route }) {
  const [type = '', id = ''] = route.segments;
  const [table, requested] = ['table', 'event'].map((name) => route.params.get(name) ?? undefined);
  return <Record key={`${type}/${id}/${table ?? ''}`} {...{ type, id, table, requested }} />;
}

interface RecordProps {
  readonly type: string;
  readonly id: string;
  /** Needed if tables share the resource. */
  readonly table: string | undefined;
  readonly requested: string | undefined;
}

function Record({ type, id, table, requested }: RecordProps) {
  const { api, t, router } = useViewer();
  const [limit, setLimit] = useState(PAGE_SIZE);
  const path = `/resources/${encodeURIComponent(type)}/${encodeURIComponent(id)}`;
  const history = useRequest(`${path} ${limit}`, (signal) =>
    loadHistory(limit, (params) => api.get(path, { ...params, table }, signal)),
  );
  const input = history.response?.items;
  const events = useMemo(() => input && groupSteps(input), [input]);
  const chosen = events === undefined ? -1 : findStepIndex(events, requested);
  const choose = (index: number) => {
    const event = events?.[index];
    if (event !== undefined)
      router.replace({ page: 'record', segments: [type, id], params: { event: event.id, table } });
  };
  useKeys({ j: () => choose(chosen + 1), k: () => choose(chosen - 1) });
  const event = events?.[chosen];
  const hasOlder = typeof history.response?.nextCursor === 'string';
  if (history.error !== undefined && !history.isLoading)
    return <ErrorPage title={t('record.page')} request={history} />;
  return (
    <div class="page">
      <RecordHead
        type={type}
        id={id}
        name={events
          ?.map(({ resource, names }) => resource?.name ?? names?.resource)
          .find((name) => name !== undefined)}
        count={events?.length}
        hasOlder={hasOlder}
      />
      <div class="page-columns is-list-first">
        <div>
          <Panel title={t('record.history')} isFlush>
            {events === undefined ? (
              <Skeleton lines={8} label={t('state.loading')} />
            ) : events.length === 0 ? (
              <Empty>{t('record.none')}</Empty>
            ) : (
              <TimeLine events={events} chosen={chosen} choose={choose} />
            )}
            {hasOlder && (
              <p class="panel-empty">
                <button type="button" class="button is-small" onClick={() => setLimit(limit + PAGE_SIZE)}>
                  {t('record.older')}
                </button>
              </p>
            )}
          </Panel>
        </div>
        <div>
          {event !== undefined && events !== undefined && (
            <RecordStep path={path} table={table} event={event} events={events} choose={choose} />
          )}
          {events === undefined && <div class="card record-loading" />}
        </div>
      </div>
    </div>
  );
}

function RecordHead(props: {
  readonly type: string;
  readonly id: string;
  readonly name: string | undefined;
  readonly count: number | undefined;
  readonly hasOlder: boolean;
}) {
  const { type, id, name, count, hasOlder } = props;
  const { t } = useViewer();
  return (
    <header class="page-head">
      <p class="page-kind">{t('record.page')}</p>
      <h1>
        <PlainText text={formatResource({ type, id, ...(name !== undefined && { name }) })} />
      </h1>
      <p class="page-facts">
        <code>
          <PlainText text={`${type} ${id}`} />
        </code>
        {count !== undefined && (
          <span class="quiet">
            {t('record.events', { count })} {hasOlder && t('record.andMore')}
          </span>
        )}
      </p>
      <div class="page-tools">
        <a class="button is-small" href={searchHref('about', `${type}/${id}`)}>
          <Icon name="search" />
          {t('record.search')}
        </a>
        {type === 'user' && (
          <a class="button is-small" href={getPersonHref(id)}>
            {t('record.person')}
          </a>
        )}
      </div>
    </header>
  );
}

function TimeLine(props: {
  readonly events: readonly Step[];
  readonly chosen: number;
  readonly choose: (index: number) => void;
}) {
  const { events, chosen, choose } = props;
  const { t } = useViewer();
  return (
    <ol class="event-lines time-line" aria-label={t('record.history')}>
      {events.map((event, index) => (
        <li key={event.id} class={index === chosen ? 'is-current' : undefined}>
          <button
            type="button"
            class="event-line"
            aria-current={index === chosen ? 'step' : undefined}
            onClick={() => choose(index)}
          >
            <EventLineText event={event} />
          </button>
        </li>
      ))}
    </ol>
  );
}

async function loadHistory(
  max: number,
  get: (params: Readonly<Record<string, string | number | undefined>>) => Promise<EventPage>,
): Promise<EventPage> {
  const items: ViewedEvent[] = [];
  let cursor: string | null = null;
  do {
    const page: EventPage = await get({
      ...{ limit: PAGE_SIZE, names: 'true', cursor: cursor ?? undefined },
      'category[ne]': 'audit_access', // a read of the log does not change a record
    });
    items.push(...page.items);
    cursor = page.nextCursor;
  } while (cursor !== null && items.length < max);
  return { items, nextCursor: cursor };
}

function findStepIndex(events: readonly Step[], requested = ''): number {
  const index = events.findIndex(({ id, rows }) => id === requested || rows.includes(requested));
  if (index >= 0) return index;
  return Math.max(
    0,
    events.findIndex(({ changes }) => changes !== undefined),
  );
}

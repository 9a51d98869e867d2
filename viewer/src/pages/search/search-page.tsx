import { useCallback, useEffect, useLayoutEffect, useMemo, useRef, useState } from 'preact/hooks';
import { Icon } from '../../design/icon.js';
import { Menu, type MenuHandle } from '../../design/menu.js';
import { PlainText } from '../../design/plain-text.js';
import { ErrorPanel, StatePanel } from '../../design/state-panel.js';
import {
  toFilters,
  isOwnEventsFilter,
  searchesReads,
  excludeOwnEvents,
  type FilterPair,
} from '../../../../src/monitoring/read/query/search-language/to-filters.js';
import { parseQuery } from '../../../../src/monitoring/read/query/search-language/parse-query.js';
import {
  removeTerm,
  setTimeRange,
  addValue,
} from '../../../../src/monitoring/read/query/search-language/query-text.js';
import { useKeys } from '../../events/use-keys.js';
import { toHref, type Route } from '../../router.js';
import { lazyPage } from '../lazy-page.js';
import { useRequest } from '../../use-request.js';
import { useChanges, useViewer } from '../../viewer-context.js';
import { COUNTED, CountsPanel } from './counts-panel.js';
import { EventBeside } from './event-beside.js';
import { getFeed, foldedRows, NO_FEED } from './event-feed.js';
import { EventList, type ListHandle } from './event-list.js';
import { Histogram } from './histogram.js';
import { cacheDays, buildRows, type Order } from './list-rows.js';
import { QueryBar } from './query-bar.js';
import { NamedHere } from './search-suggestions.js';
import { QueryChips } from './query-chips.js';
import { Questions } from './suggested-questions.js';
import './search-bar.css';
import './search-list.css';
import './search-page.css';
import type { EventOverview } from './search-types.js';
import { TimeMenu } from './time-menu.js';
import { useLiveTail } from './use-live-tail.js';
import { ViewsMenu } from './views-menu.js';

const HelpDialog = lazyPage<{ readonly close: () => void }>(async () => (await import('../later-pages.js')).HelpDialog);
const ExportForms = lazyPage<{ readonly filters: readonly FilterPair[]; readonly order: string }>(
  async () => (await import('../later-pages.js')).ExportForms,
);

const FIRST_QUERY = 'since:-30d';
/** The queries that run after the reader removes the last term: first everything except reads of the ledger, and after that everything. */
const [WITHOUT_READS, EVERYTHING] = ['-category:audit_access', 'category:*'];

export function SearchPage({ route }: { readonly route: Route }) {
  const { api, router, session, config, root, t, formats } = useViewer();
  const typed = route.params.get('q') ?? '';
  const query = typed === '' ? FIRST_QUERY : typed;
  const order: Order = route.params.get('order') === 'asc' ? 'asc' : 'desc';
  const isArchived = route.params.get('archived') === 'true';
  const opened = route.params.get('event') ?? undefined;
  const [text, setText] = useState(typed);
  const [round, setRound] = useState(0);
  const [isHelpOpen, setHelpOpen] = useState(false);
  const [areCountsOpen, setCountsOpen] = useState(false);
  const input = useRef<HTMLInputElement>(null);
  const list = useRef<ListHandle>(null);
  const views = useRef<MenuHandle>(null);
  const isEntered = useRef(false);
  useChanges(session);
  useEffect(() => setText(typed), [typed]);

  const parsed = useMemo(() => parseQuery(query), [query]);
  const isRunnable = parsed.problems.length === 0;
  const [reader, setReader] = useState<string>();
  const excluded = isRunnable && searchesReads(toFilters(parsed.terms)) ? reader : undefined;
  const filters = useMemo<readonly FilterPair[]>(() => {
    const narrowed = config.tenant === undefined ? [] : [['tenantId', config.tenant] as const];
    if (!isRunnable) return narrowed;
    const yours = excluded === undefined ? [] : [['actorId[ne]', excluded] as const];
    return [...excludeOwnEvents(toFilters(parsed.terms)), ...yours, ...narrowed];
  }, [parsed, isRunnable, config, excluded]);

  const buildTarget = (changes: Readonly<Record<string, string | undefined>>) => ({
    page: 'search',
    params: {
      order: order === 'asc' ? 'asc' : undefined,
      archived: isArchived ? 'true' : undefined,
      ...changes,
      q: changes.q ?? typed,
    },
  });
  const go = (changes: Parameters<typeof buildTarget>[0]) => router.go(buildTarget(changes));
  const close = () => {
    go({});
    list.current?.move(0);
  };
  const run = (next: string) => {
    setText(next);
    if (next === typed) setRound((count) => count + 1);
    else go({ q: next });
  };
  const runRest = (rest: string) => run(rest !== '' ? rest : query === WITHOUT_READS ? EVERYTHING : WITHOUT_READS);

  // The feed stays while the reader visits an event's page, and is replaced after a log-in, or when the query runs again.
  const made = useRef('');
  const feed = useMemo(() => {
    const key = `${round} ${session.token ?? ''}`;
    const isFresh = made.current !== '' && made.current !== key;
    made.current = key;
    return isRunnable ? getFeed(api, { filters, order, isArchived }, isFresh) : NO_FEED;
  }, [api, filters, order, isArchived, isRunnable, round, session.token]);
  useChanges(feed);

  const formatDay = useMemo(() => cacheDays(formats.day), [formats]);
  const timeZone = formats.timeZone;
  const width = root instanceof ShadowRoot ? root.host.clientWidth : innerWidth;
  const steps = width < 640 ? '40' : '80';
  const open = (click: MouseEvent) => {
    const { event } = (click.target as Element).closest<HTMLElement>('.row-link')?.dataset ?? {}; // the target of a click is an element
    if (event === undefined || width < 960 || click.ctrlKey || click.metaKey || click.shiftKey) return;
    click.preventDefault();
    isEntered.current = click.detail === 0; // a click without a mouse button comes from Enter
    go({ event });
  };
  const follow = ({ target }: FocusEvent) => {
    const { event } = (target as HTMLElement).dataset;
    if (opened === undefined || event === undefined || event === opened) return;
    isEntered.current = false;
    router.replace(buildTarget({ event }));
  };
  // Without a chosen range, the chart spans the events of the result.
  const isFitted = typed === '' || !filters.some(([name]) => name === 'from' || name === 'to');
  const counted = isRunnable ? JSON.stringify([filters, isArchived, round, timeZone, isFitted]) : undefined;
  const overview = useRequest(counted, (signal) =>
    api.get<EventOverview>(
      '/stats/overview',
      [
        ...filters,
        ...(isArchived ? [] : foldedRows(filters)),
        ...COUNTED.map(({ field }) => ['by', field] as const),
        ['steps', steps],
        ['timeZone', timeZone],
        ['groups', '10'],
        ['names', 'true'],
        ['fit', String(isFitted)],
      ],
      signal,
    ),
  );

  useEffect(() => setReader((known) => overview.response?.reader ?? known), [overview.response]);
  const times = filters.filter(([name]) => name === 'from' || name === 'to');
  const canFollow = isRunnable && order === 'desc' && !times.some(([name]) => name === 'to');
  const tail = useLiveTail(feed, filters, canFollow);
  const rows = useMemo(
    () => buildRows(feed.events, feed.gaps, order, formatDay, feed.parts),
    [feed.events, feed.gaps, order, formatDay, feed.parts],
  );
  const reachEnd = useCallback(() => feed.error === undefined && feed.loadMore(), [feed]);

  useLayoutEffect(() => {
    if (feed.scrollTop > 0) scrollTo({ top: feed.scrollTop });
    const keep = () => {
      feed.scrollTop = scrollY;
    };
    addEventListener('scroll', keep, { passive: true });
    return () => removeEventListener('scroll', keep);
  }, [feed]);

  const toTop = () => (config.isEmbedded === true ? list.current?.scrollToTop() : scrollTo({ top: 0 }));
  useKeys({
    '/': () => {
      input.current?.focus();
      input.current?.select();
    },
    j: () => list.current?.move(1),
    k: () => list.current?.move(-1),
    l: () => canFollow && tail.toggle(),
    t: toTop,
    v: () => views.current?.open(),
    '?': () => setHelpOpen(true),
    ...(opened !== undefined && { Escape: close }),
  });

  const people = overview.response?.counts.actorId?.groups ?? [];
  const response = isRunnable ? overview.response : undefined;
  const isUncounted = response?.estimate?.share === 0;
  const refusal = feed.error?.kind === 'invalid' ? feed.error.problems : [];
  const isFirstLoad = feed.isLoading && feed.events.length === 0;
  return (
    <div class="search">
      <h1 class="visually-hidden">{t('search.title')}</h1>
      <search class="search-head">
        <QueryBar text={text} refusal={refusal} input={input} setText={setText} run={run} />
        <div class="search-terms">
          <QueryChips
            text={query}
            terms={parsed.terms}
            hidden={listHiddenFilters(filters, query, excluded !== undefined)}
            getName={(id) =>
              people.find(({ value, also }) => [value, `user/${value ?? ''}`, ...(also ?? [])].includes(id))?.name ??
              response?.counts.resource?.groups.find(({ value }) => value === id)?.name
            }
            run={run}
            runRest={runRest}
          />
          <TimeMenu text={query} terms={parsed.terms} run={runRest} />
        </div>
      </search>

      <div class={`search-body${opened === undefined ? '' : ' is-beside'}`}>
        <aside class="search-counts" aria-label={t('counts.title')} tabIndex={0}>
          <button
            type="button"
            class="button is-small counts-toggle"
            aria-expanded={areCountsOpen}
            onClick={() => setCountsOpen(!areCountsOpen)}
          >
            <Icon name="filter" />
            {t('counts.title')}
          </button>
          <div class={`counts-all${areCountsOpen ? ' is-open' : ''}${overview.isLoading ? ' is-loading' : ''}`}>
            {isUncounted ? (
              <p class="counts-none">{t('search.notCounted')}</p>
            ) : (
              isRunnable && <CountsPanel overview={response} text={query} run={run} />
            )}
          </div>
        </aside>

        <div class="results" onClick={open} onFocusIn={follow}>
          {typed === '' && <Questions events={feed.events} people={people} isOpen={width >= 640} run={run} />}
          {isRunnable && (
            <Histogram
              overview={overview.error === undefined ? response : undefined}
              isLoading={overview.isLoading}
              select={(from, to) => run(setTimeRange(query, from.replace('.000Z', 'Z'), to.replace('.000Z', 'Z')))}
            />
          )}
          <div class="results-bar">
            <p class="results-count" role="status">
              {isRunnable && (
                <ResultCount
                  overview={overview.error === undefined && overview.key === counted ? response : undefined}
                  isLoading={overview.isLoading || overview.error === undefined}
                  listed={feed.events.length}
                  isComplete={feed.isComplete}
                  hasTimes={times.length > 0}
                />
              )}
            </p>
            <div class="results-tools">
              {tail.state !== 'off' && (
                <button
                  type="button"
                  class="button is-small"
                  aria-pressed={tail.state === 'paused'}
                  onClick={tail.pause}
                >
                  <Icon name={tail.state === 'paused' ? 'play' : 'pause'} />
                  {t(tail.state === 'paused' ? 'tail.resume' : 'tail.pause')}
                </button>
              )}
              <button
                type="button"
                class={`button is-small tail-button is-${tail.state}`}
                aria-pressed={tail.state !== 'off'}
                disabled={!canFollow}
                title={canFollow ? undefined : t('tail.impossible')}
                onClick={tail.toggle}
              >
                <span class="tail-light" aria-hidden="true" />
                {t('tail.live')}
              </button>
              <button type="button" class="button is-small" onClick={() => go({ order: order === 'asc' ? '' : 'asc' })}>
                {t(order === 'asc' ? 'search.oldestFirst' : 'search.newestFirst')}
              </button>
              <ViewsMenu handle={views} run={(q) => go({ q, order: '', archived: '' })} />
              <Menu label={t('export.title')} icon="download" class="is-end">
                {() => <ExportForms filters={filters} order={order} />}
              </Menu>
              <button
                type="button"
                class="button is-small is-icon keys-button"
                aria-label={t('help.title')}
                title={`${t('help.title')} (?)`}
                onClick={() => setHelpOpen(true)}
              >
                <Icon name="keyboard" />
              </button>
            </div>
          </div>
          {tail.error !== undefined && (
            <p class="notice" role="alert">
              {t('tail.failed')}
            </p>
          )}
          {tail.waiting > 0 && (
            <button
              type="button"
              class="button is-primary is-small newer-button"
              onClick={() => {
                tail.show();
                toTop();
              }}
            >
              {t('tail.waiting', { count: tail.waiting })}
            </button>
          )}
          {feed.notes.map((note) => (
            <p key={note} class="notice">
              <PlainText text={note} /> <Meant note={note} text={query} run={run} />
            </p>
          ))}
          <NamedHere
            {...{ terms: parsed.terms, text: query, filters, run }}
            counts={response?.counts}
            isEmpty={feed.isComplete && feed.events.length === 0}
          />
          {isFirstLoad && <WaitingRows />}
          <EventList
            rows={rows}
            isComplete={feed.isComplete}
            label={t('search.list')}
            handle={list}
            narrow={(qualifier, value) => run(addValue(query, qualifier, value, false))}
            toggle={feed.toggle}
            reachEnd={reachEnd}
          />
          {feed.error !== undefined && (
            <ErrorPanel error={feed.error} retry={() => (feed.events.length > 0 ? feed.loadMore() : run(query))} />
          )}
          {feed.isLoading && !isFirstLoad && <p class="list-end">{t('state.loading')}</p>}
          {feed.isComplete && feed.error === undefined && (
            <ListEnd
              query={query}
              isEmpty={feed.events.length === 0}
              hasWords={parsed.terms.some(({ kind }) => kind === 'word')}
              hasTimes={times.length > 0}
              months={feed.archivedMonths}
              readArchives={() => go({ archived: 'true' })}
            >
              {parsed.terms.length > 0 && (
                <button
                  type="button"
                  class="button"
                  onClick={() => runRest(removeTerm(query, parsed.terms.at(-1) ?? { start: 0, end: 0 }))}
                >
                  {t('search.withoutLast')}
                </button>
              )}
            </ListEnd>
          )}
        </div>
        {opened !== undefined && <EventBeside id={opened} isEntered={isEntered.current} close={close} />}
      </div>
      {isHelpOpen && <HelpDialog close={() => setHelpOpen(false)} />}
    </div>
  );
}

/** Returns the text for the events that the filters exclude without a term of the query. */
function listHiddenFilters(filters: readonly FilterPair[], query: string, hidesYours: boolean) {
  if (hidesYours) return 'search.withoutYours';
  const own = query.includes('audit_access') ? [] : filters.filter(isOwnEventsFilter);
  if (own.length === 0) return undefined;
  return own.length === 1 ? 'search.withoutReads' : 'search.withoutOwn';
}

/** The count is never smaller than the list's length. */
function ResultCount({
  overview,
  isLoading,
  listed,
  isComplete,
  hasTimes,
}: {
  readonly overview: EventOverview | undefined;
  readonly isLoading: boolean;
  readonly listed: number;
  readonly isComplete: boolean;
  readonly hasTimes: boolean;
}) {
  const { t, formats } = useViewer();
  if (overview === undefined) return <>{isLoading ? t('state.loading') : t('search.uncounted')}</>;
  const { total, from, to } = overview;
  const estimate = isComplete ? undefined : overview.estimate;
  const count = isComplete ? listed : Math.max(total, listed);
  const sign = estimate === undefined ? '' : total < listed ? '≥ ' : '~';
  return (
    <>
      <strong>
        {sign}
        {t('search.results', { count })}
      </strong>{' '}
      {(hasTimes || !isComplete) && (
        <span class="results-range" title={`${formats.utc(from)} – ${formats.utc(to)}`}>
          {formats.short(from)} – {formats.short(to)}
        </span>
      )}
      {estimate !== undefined && (
        <span class="badge is-denied">
          {estimate.share === 0
            ? t('search.notCounted')
            : t('search.estimate', { sampled: estimate.sampled, margin: estimate.margin })}
        </span>
      )}
    </>
  );
}

function WaitingRows() {
  return (
    <div class="waiting-rows" aria-hidden="true">
      {Array.from({ length: 12 }, (_, nth) => (
        <div key={nth} class="row" />
      ))}
    </div>
  );
}

function Meant({
  note,
  text,
  run,
}: {
  readonly note: string;
  readonly text: string;
  readonly run: (text: string) => void;
}) {
  const [, written = '', meant] = /^(?:\w+(?:\[\w+\])?=)?([^:]+):.* did you mean ([\w.-]+)\?$/.exec(note) ?? [];
  if (meant === undefined) return null;
  return (
    <button type="button" class="button is-small" onClick={() => run(text.replace(written, meant))}>
      <PlainText text={meant} />
    </button>
  );
}

/** Returns the arguments of `doctor`, which finds an event by its id alone. */
function parseEventId(query: string): string {
  const [id] = /\b[\da-f]{8}-(?:[\da-f]{4}-){3}[\da-f]{12}\b/i.exec(query) ?? [];
  return id === undefined ? "dist/app.module.js --event 'POST /orders'" : `--event ${id}`;
}

function ListEnd(props: {
  readonly query: string;
  readonly isEmpty: boolean;
  readonly hasWords: boolean;
  readonly hasTimes: boolean;
  readonly months: readonly string[];
  readonly readArchives: () => void;
  readonly children: preact.ComponentChildren;
}) {
  const { query, isEmpty, hasWords, hasTimes, months, readArchives, children } = props;
  const { t } = useViewer();
  return (
    <>
      {isEmpty && (
        <StatePanel icon="search" title={t('search.empty')} action={children}>
          {hasWords && <p>{t('search.looked')}</p>}
          <p>{t(hasTimes ? 'search.emptyText' : 'search.emptyAll')}</p>
          <p>
            {t('search.missing')} <code>npx nestjs-audit-ledger doctor {parseEventId(query)}</code>
          </p>
          <p>
            <a href={toHref({ page: 'state' })}>{t('questions.state')}</a>
          </p>
        </StatePanel>
      )}
      {months.length > 0 && (
        <p class="notice">
          {t('search.archived', { months: months.join(', ') })}{' '}
          <button type="button" class="link-button" onClick={readArchives}>
            {t('search.readArchives')}
          </button>
        </p>
      )}
      {!isEmpty && <p class="list-end">{t('search.end')}</p>}
    </>
  );
}

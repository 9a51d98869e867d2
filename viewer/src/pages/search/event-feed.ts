import { sortByTime } from '../../events/accepted-at.js';
import type { Gap, Gaps } from '../../events/gap.js';
import type { EventPage } from '../../events/viewed-event.js';
import { toApiError, type ApiError } from '../../api.error.js';
import type { Api } from '../../api.js';
import {
  isOwnEventsFilter,
  canFold,
  type FilterPair,
} from '../../../../src/monitoring/read/query/search-language/to-filters.js';
import { getIndexRange, type Order } from './list-rows.js';
import { LISTED_FIELDS, type ListedEvent } from './search-types.js';

export interface FeedQuery {
  readonly filters: readonly FilterPair[];
  readonly order: Order;
  readonly isArchived: boolean;
}

/** The feed stays when the reader leaves the list, so that the back button restores the list. */
export interface EventFeed {
  readonly events: readonly ListedEvent[];
  readonly gaps: readonly Gap[];
  /** The row changes of each operation that the reader opened. */
  readonly parts: ReadonlyMap<string, readonly ListedEvent[]>;
  readonly isLoading: boolean;
  readonly isComplete: boolean;
  readonly error: ApiError | undefined;
  /** The archives of these months contain events, but were not read. */
  readonly archivedMonths: readonly string[];
  readonly notes: readonly string[];
  scrollTop: number;
  readonly loadMore: () => void;
  readonly addNewer: (events: readonly ListedEvent[]) => void;
  /** Shows or hides the row changes of an operation. */
  readonly toggle: (event: ListedEvent) => void;
  readonly subscribe: (listener: () => void) => () => void;
}

export const NO_FEED: EventFeed = {
  ...{ events: [], gaps: [], parts: new Map(), archivedMonths: [], notes: [], scrollTop: 0 },
  ...{ isLoading: false, isComplete: false, error: undefined },
  loadMore: () => undefined,
  addNewer: () => undefined,
  toggle: () => undefined,
  subscribe: () => () => undefined,
};

const PAGE_EVENTS = 100;
const MAX_GAPS = 10_000;

function createFeed(api: Api, { filters, order, isArchived }: FeedQuery): EventFeed {
  const listeners = new Set<() => void>();
  const known = new Set<string>();
  const isNarrowed = filters.some((pair) => !['from', 'to'].includes(pair[0]) && !isOwnEventsFilter(pair));
  let events: readonly ListedEvent[] = [];
  let gaps: readonly Gap[] = [];
  let parts: ReadonlyMap<string, readonly ListedEvent[]> = new Map();
  let cursor: string | null | undefined;
  let error: ApiError | undefined;
  let archivedMonths: readonly string[] = [];
  let notes: readonly string[] = [];
  let isLoading = false;
  const announce = () => listeners.forEach((listener) => listener());

  const addGaps = async (page: readonly ListedEvent[], before: ListedEvent | undefined) => {
    const between = getIndexRange(before === undefined ? page : [before, ...page]);
    if (between === undefined) return;
    // Retired events are older than all events of the list, so they are shown at the oldest end of the list.
    const isOldestEnd = order === 'asc' ? before === undefined : cursor === null;
    const oldest = filters.find(([name]) => name === 'from');
    const isNarrow = between.last - between.first < MAX_GAPS;
    if (isOldestEnd && between.first > 0) {
      const last = isNarrow ? between.last : between.first - 1;
      const start = oldest === undefined ? { first: Math.max(0, last + 1 - MAX_GAPS) } : { from: oldest[1] };
      if (await addGapsWithin({ ...start, last })) return;
    }
    if (isNarrow) await addGapsWithin(between);
  };

  /** Returns whether the answer covers all places. */
  const addGapsWithin = async (range: Readonly<Record<string, string | number>>): Promise<boolean> => {
    const found = await api.get<Gaps>('/gaps', range).catch(() => undefined); // the list is correct even without gaps
    // If filters narrow the list, gaps of other kinds may be about events that do not match.
    const shown = found?.gaps.filter(({ kind }) => !isNarrowed || kind === 'retired' || kind === 'missing') ?? [];
    const fresh = shown.filter((one) => !gaps.some((other) => other.kind === one.kind && other.first === one.first));
    if (fresh.length > 0) {
      gaps = [...gaps, ...fresh];
      announce();
    }
    return found?.next === null;
  };

  const load = async () => {
    isLoading = true;
    error = undefined;
    announce();
    const params: (readonly [string, string])[] = [
      ...filters,
      ['limit', String(PAGE_EVENTS)],
      ['fields', LISTED_FIELDS],
      ['names', 'true'],
      ...(order === 'asc' ? [['order', 'asc'] as const] : []),
      ...(isArchived ? [['archived', 'true'] as const] : foldedRows(filters)),
      ...(typeof cursor === 'string' ? [['cursor', cursor] as const] : []),
    ];
    try {
      const {
        items,
        nextCursor,
        archived,
        notes: pageNotes = [],
      } = await api.get<EventPage<ListedEvent>>('/events', params);
      const fresh = items.filter(({ id }) => !known.has(id));
      for (const { id } of fresh) known.add(id);
      const before = events.at(-1);
      events = [...events, ...fresh];
      cursor = nextCursor;
      if (archived?.included === false) archivedMonths = archived.months;
      notes = pageNotes;
      void addGaps(fresh, before);
    } catch (failure) {
      error = toApiError(failure);
    }
    isLoading = false;
    announce();
  };

  const toggle = async ({ id, rowChanges }: ListedEvent) => {
    if (parts.has(id)) parts = new Map([...parts].filter(([of]) => of !== id));
    else {
      const params = { relatedTo: id, by: 'operation', order: 'asc', limit: 200, names: 'true', fields: LISTED_FIELDS };
      const { items } = await api.get<EventPage<ListedEvent>>('/events', params);
      parts = new Map([...parts, [id, items.filter((each) => rowChanges?.events.includes(each.id))]]);
    }
    announce();
  };

  void load();
  return {
    get events() {
      return events;
    },
    get gaps() {
      return gaps;
    },
    get parts() {
      return parts;
    },
    get isLoading() {
      return isLoading;
    },
    get isComplete() {
      return cursor === null;
    },
    get error() {
      return error;
    },
    get notes() {
      return notes;
    },
    get archivedMonths() {
      return archivedMonths;
    },
    scrollTop: 0,
    loadMore: () => {
      if (!isLoading && cursor !== null) void load();
    },
    addNewer: (newer) => {
      const fresh = newer.filter(({ id }) => !known.has(id));
      for (const { id } of fresh) known.add(id);
      // A follower gets events in the order in which they were sealed, and the list is sorted by id.
      events = sortByTime([...fresh, ...events], 'desc');
      announce();
    },
    toggle: (event) => {
      toggle(event).catch((failure: unknown) => {
        error = toApiError(failure);
        announce();
      });
    },
    subscribe: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

/** The parameter that lists an operation and its row changes as one event. */
export function foldedRows(filters: readonly FilterPair[]): readonly FilterPair[] {
  return canFold(filters) ? [['rows', 'false']] : [];
}

const MAX_CACHED_FEEDS = 5;
const cachedFeeds = new WeakMap<Api, Map<string, EventFeed>>();

export function getFeed(api: Api, query: FeedQuery, isFresh: boolean): EventFeed {
  const feeds = cachedFeeds.get(api) ?? new Map<string, EventFeed>();
  cachedFeeds.set(api, feeds);
  const key = JSON.stringify(query);
  const known = feeds.get(key);
  const feed = isFresh || known === undefined || known.error !== undefined ? createFeed(api, query) : known;
  feeds.delete(key);
  feeds.set(key, feed);
  const [oldest] = feeds.keys();
  if (feeds.size > MAX_CACHED_FEEDS && oldest !== undefined) feeds.delete(oldest);
  return feed;
}

import { useEffect, useRef, useState } from 'preact/hooks';
import type { ApiError } from '../../api.error.js';
import type { FilterPair } from '../../../../src/monitoring/read/query/search-language/to-filters.js';
import { useViewer } from '../../viewer-context.js';
import { foldedRows, type EventFeed } from './event-feed.js';
import { getIndexRange } from './list-rows.js';
import { followLedger } from './live-tail.js';
import type { ListedEvent } from './search-types.js';

export type TailState = 'off' | 'on' | 'paused';

const MAX_BUFFERED = 2_000;

export function useLiveTail(feed: EventFeed, filters: readonly FilterPair[], isPossible: boolean) {
  const { api } = useViewer();
  const [state, setState] = useState<TailState>('off');
  const [waiting, setWaiting] = useState<readonly ListedEvent[]>([]);
  const [error, setError] = useState<ApiError>();
  const holds = useRef(false);
  const isOn = state !== 'off' && isPossible;

  useEffect(() => {
    holds.current = state === 'paused';
  }, [state]);

  useEffect(() => {
    if (!isOn) return undefined;
    const controller = new AbortController();
    const take = (events: readonly ListedEvent[]) => {
      const isAway = scrollY > 400;
      if (holds.current || isAway) setWaiting((before) => [...events, ...before].slice(0, MAX_BUFFERED));
      else feed.addNewer(events);
    };
    void followLedger(
      api,
      [...filters, ...foldedRows(filters)],
      getIndexRange(feed.events)?.last,
      controller.signal,
      take,
      setError,
    );
    return () => {
      controller.abort();
      setWaiting([]);
      setError(undefined);
    };
  }, [isOn, feed, api]);

  const show = () => {
    feed.addNewer(waiting);
    setWaiting([]);
  };
  return {
    state: isOn ? state : ('off' as const),
    waiting: waiting.length,
    error,
    show,
    toggle: () => setState(isOn ? 'off' : 'on'),
    pause: () => {
      if (state === 'paused') show();
      setState(state === 'paused' ? 'on' : 'paused');
    },
  };
}

import type { RefObject, VNode } from 'preact';
import { useImperativeHandle, useLayoutEffect, useMemo, useRef, useState } from 'preact/hooks';
import { GapRow } from './gap-row.js';
import { EventRow, type NarrowTo } from './event-row.js';
import type { ListRow } from './list-rows.js';
import type { ListedEvent } from './search-types.js';
import { computeOffsets, computeWindow, type VirtualWindow } from './virtual-window.js';
import { useViewer } from '../../viewer-context.js';

/** The CSS has the same heights, in rem. */
const HEIGHTS = { day: 2.25, event: 2.75, gap: 2.75 };
const NARROW_HEIGHTS = { day: 2.25, event: 4.75, gap: 4.25 };
/** The CSS has the same width, in rem. */
const NARROW = 48;

export interface ListHandle {
  readonly move: (by: number) => void;
  readonly scrollToTop: () => void;
}

export function EventList(props: {
  readonly rows: readonly ListRow[];
  readonly isComplete: boolean;
  readonly label: string;
  readonly handle: RefObject<ListHandle | null>;
  readonly narrow: NarrowTo;
  readonly toggle: (event: ListedEvent) => void;
  readonly reachEnd: () => void;
}) {
  const { rows, isComplete, label, handle, narrow, toggle, reachEnd } = props;
  const { t } = useViewer();
  const list = useRef<HTMLOListElement>(null);
  const [isNarrow, setNarrow] = useState(false);
  const [drawn, setDrawn] = useState<VirtualWindow>({ first: 0, last: 40 });
  const active = useRef<string | undefined>(undefined);
  const toFocus = useRef<string | undefined>(undefined);
  const now = useRef({ narrow, toggle });
  now.current = { narrow, toggle };
  // Preact skips an element that is the same object, so scrolling only draws the rows that become visible.
  const elements = useRef(new WeakMap<ListRow, VNode>());
  const heights = isNarrow ? NARROW_HEIGHTS : HEIGHTS;
  const offsets = useMemo(() => {
    const rem = getRemPixels();
    return computeOffsets(rows.map(({ kind }) => heights[kind] * rem));
  }, [rows, heights]);

  useLayoutEffect(() => {
    const viewer = list.current?.closest('.audit-viewer');
    if (viewer === null || viewer === undefined) return;
    const measure = () => setNarrow(viewer.clientWidth <= NARROW * getRemPixels());
    const observer = new ResizeObserver(measure);
    observer.observe(viewer);
    measure();
    return () => observer.disconnect();
  }, []);

  useLayoutEffect(() => {
    let frame = 0;
    const draw = () => {
      frame = 0;
      const { top = 0 } = list.current?.getBoundingClientRect() ?? {};
      const next = computeWindow(offsets, -top, innerHeight - top);
      setDrawn((before) => (before.first === next.first && before.last === next.last ? before : next));
      if (!isComplete && next.last > rows.length - 40) reachEnd();
    };
    const later = () => {
      frame ||= requestAnimationFrame(draw);
    };
    draw();
    // Listens to everything that scrolls: the page, or an element around an embedded viewer.
    document.addEventListener('scroll', later, { capture: true, passive: true });
    addEventListener('resize', later);
    return () => {
      cancelAnimationFrame(frame);
      document.removeEventListener('scroll', later, { capture: true });
      removeEventListener('resize', later);
    };
  }, [offsets, isComplete, reachEnd]);

  useLayoutEffect(() => {
    if (toFocus.current === undefined) return;
    const link = list.current?.querySelector<HTMLElement>(`[data-event="${CSS.escape(toFocus.current)}"]`);
    if (!link) return;
    toFocus.current = undefined;
    link.focus({ preventScroll: true });
    link.scrollIntoView({ block: 'nearest' });
  });

  useImperativeHandle(
    handle,
    () => ({
      move: (by) => {
        const events = rows.flatMap((row, index) => (row.kind === 'event' ? [{ key: row.key, place: index }] : []));
        const now = events.findIndex(({ key }) => key === active.current);
        const next = events[Math.min(events.length - 1, Math.max(0, now < 0 ? 0 : now + by))];
        if (next === undefined) return;
        active.current = next.key;
        toFocus.current = next.key;
        // If the row is out of sight, it is drawn first, so that the browser can scroll to it.
        setDrawn(({ first, last }) => ({ first: Math.min(first, next.place), last: Math.max(last, next.place + 1) }));
      },
      scrollToTop: () => list.current?.closest('.results')?.scrollIntoView({ block: 'start' }),
    }),
    [rows],
  );

  const first = Math.min(drawn.first, rows.length);
  const last = Math.min(drawn.last, rows.length);
  const [before = 0, after = 0, total = 0] = [offsets[first], offsets[last], offsets.at(-1)];
  return (
    <ol
      ref={list}
      class="event-list"
      aria-label={label}
      style={{ paddingBlockStart: `${before}px`, paddingBlockEnd: `${total - after}px` }}
      onFocusIn={({ target }) => {
        if (target instanceof HTMLElement) active.current = target.dataset.event ?? active.current;
      }}
    >
      {rows.slice(first, last).map((row) => {
        const element =
          elements.current.get(row) ??
          renderRow(
            row,
            (qualifier, value) => now.current.narrow(qualifier, value),
            (event) => now.current.toggle(event),
          );
        elements.current.set(row, element);
        return element;
      })}
      {rows.length === 0 && <li class="visually-hidden">{t('state.loading')}</li>}
    </ol>
  );
}

function getRemPixels(): number {
  return Number.parseFloat(getComputedStyle(document.documentElement).fontSize);
}

function renderRow(row: ListRow, narrow: NarrowTo, toggle: (event: ListedEvent) => void): VNode {
  if (row.kind === 'day') return <DayRow key={row.key} at={row.at} />;
  if (row.kind === 'gap') return <GapRow key={row.key} gap={row.gap} />;
  const { key, event, nth, isOpen } = row;
  return <EventRow key={key} {...{ event, nth, isOpen, narrow, toggle }} />;
}

function DayRow({ at }: { readonly at: string }) {
  const { formats } = useViewer();
  return <li class="row day-row">{formats.day(at)}</li>;
}

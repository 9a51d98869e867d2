import { useEffect, useRef, useState } from 'preact/hooks';
import { formatOutcome } from '../../summaries/summary.js';
import { useViewer } from '../../viewer-context.js';
import { chooseLabels, OUTCOMES, roundUp, buildSegments, orderSteps } from './histogram-scale.js';
import type { EventOverview, HistogramStep } from './search-types.js';

/** For a shorter range, the axis shows times of day instead of days. */
const FINE_MS = 36 * 3_600_000;

interface Selection {
  readonly first: number;
  readonly last: number;
}

export function Histogram(props: {
  readonly overview: EventOverview | undefined;
  readonly isLoading: boolean;
  readonly select: (from: string, to: string) => void;
}) {
  const { overview, isLoading, select } = props;
  const { t, formats, words } = useViewer();
  const chart = useRef<HTMLDivElement>(null);
  const anchor = useRef<number | undefined>(undefined);
  const [cursor, setCursor] = useState<number>();
  const [selection, setSelection] = useState<Selection>();
  const steps = overview?.histogram.steps ?? [];
  useEffect(() => {
    setSelection(undefined);
    setCursor(undefined);
  }, [overview]);

  const top = roundUp(Math.max(0, ...steps.map(({ count }) => count)));
  const isFine = overview !== undefined && Date.parse(overview.to) - Date.parse(overview.from) < FINE_MS;
  const toPosition = ({ clientX }: MouseEvent) => {
    const { left = 0, width = 1 } = chart.current?.getBoundingClientRect() ?? {};
    return (clientX - left) / width;
  };
  const apply = ({ first, last }: Selection) => {
    const [from, to] = [steps[first]?.start, steps[last]?.end];
    if (from !== undefined && to !== undefined) select(from, to);
  };
  const notify = ({ first, last }: Selection) => {
    const [from, to] = [steps[first], steps[last]];
    if (from === undefined || to === undefined) return '';
    const count = steps.slice(first, last + 1).reduce((sum, step) => sum + step.count, 0);
    return `${formats.moment(from.start)} – ${formats.moment(to.end)}: ${t('search.results', { count })}`;
  };
  const move = (event: KeyboardEvent) => {
    const by = { ArrowLeft: -1, ArrowRight: 1, PageUp: -10, PageDown: 10, Home: -steps.length, End: steps.length }[
      event.key
    ];
    const at = cursor ?? (by !== undefined && by < 0 ? steps.length : -1);
    if (by !== undefined) {
      const next = Math.min(steps.length - 1, Math.max(0, at + by));
      const from = event.shiftKey ? (anchor.current ?? Math.max(0, at)) : next;
      anchor.current = from;
      setCursor(next);
      setSelection({ first: Math.min(from, next), last: Math.max(from, next) });
    } else if (event.key === 'Enter' && selection) apply(selection);
    else if (event.key === 'Escape' && selection) setSelection(undefined);
    else return;
    event.preventDefault();
    event.stopPropagation();
  };

  const shown = selection ?? (cursor === undefined ? undefined : { first: cursor, last: cursor });
  return (
    <figure class={`histogram${isLoading ? ' is-loading' : ''}`} dir="ltr" aria-label={t('histogram.title')}>
      <div class="histogram-scale" aria-hidden="true">
        {steps.length > 0 && (
          <>
            <span>{formats.compact(top)}</span>
            <span>0</span>
          </>
        )}
      </div>
      <div
        ref={chart}
        class="histogram-chart"
        role="slider"
        tabIndex={0}
        aria-label={t('histogram.label')}
        aria-valuemin={0}
        aria-valuemax={Math.max(0, steps.length - 1)}
        aria-valuenow={cursor ?? 0}
        aria-valuetext={shown === undefined ? t('histogram.hint') : notify(shown)}
        onKeyDown={move}
        onPointerDown={(event) => {
          if (event.button !== 0 || steps.length === 0) return;
          chart.current?.setPointerCapture(event.pointerId);
          anchor.current = toPosition(event);
          setSelection(orderSteps(anchor.current, anchor.current, steps.length));
        }}
        onPointerMove={(event) => {
          if (steps.length === 0) return;
          const position = toPosition(event);
          const here = orderSteps(position, position, steps.length).first;
          setCursor(here);
          if (event.buttons === 1 && anchor.current !== undefined)
            setSelection(orderSteps(anchor.current, position, steps.length));
        }}
        onPointerUp={(event) => {
          if (anchor.current === undefined) return;
          const chosen = orderSteps(anchor.current, toPosition(event), steps.length);
          anchor.current = undefined;
          apply(chosen);
        }}
        onPointerCancel={() => {
          anchor.current = undefined;
          setSelection(undefined);
        }}
        onPointerLeave={() => anchor.current === undefined && setCursor(undefined)}
      >
        <svg viewBox={`0 0 ${Math.max(1, steps.length)} 100`} preserveAspectRatio="none" aria-hidden="true">
          {shown !== undefined && (
            <rect class="histogram-selection" x={shown.first} width={shown.last - shown.first + 1} y={0} height={100} />
          )}
          {buildSegments(steps, top).map(({ step, outcome, y, height }) => (
            <rect
              key={`${step} ${outcome}`}
              class={`bar is-${outcome}`}
              x={step + 0.1}
              width={0.8}
              y={y}
              height={height}
            />
          ))}
        </svg>
        {shown !== undefined && steps.length > 0 && (
          <Tip
            steps={steps}
            selection={shown}
            text={notify(shown)}
            position={((shown.first + shown.last + 1) / 2 / steps.length) * 100}
          />
        )}
      </div>
      <div class="histogram-axis" aria-hidden="true">
        {chooseLabels(steps.length)
          .filter((nth) => nth / steps.length < 0.88)
          .map((nth) => (
            <AxisLabel key={nth} at={steps[nth]?.start ?? ''} position={(nth / steps.length) * 100} isFine={isFine} />
          ))}
      </div>
      <figcaption class="histogram-legend">
        {OUTCOMES.filter((outcome) => steps.some(({ outcomes }) => (outcomes[outcome] ?? 0) > 0)).map((outcome) => (
          <span key={outcome} class="legend-item">
            <span class={`legend-colour is-${outcome}`} />
            {formatOutcome(outcome, words)}
          </span>
        ))}
      </figcaption>
    </figure>
  );
}

function AxisLabel({
  at,
  position,
  isFine,
}: {
  readonly at: string;
  readonly position: number;
  readonly isFine: boolean;
}) {
  const { formats } = useViewer();
  return <span style={{ left: `${position}%` }}>{isFine ? formats.shortTime(at) : formats.shortDay(at)}</span>;
}

function Tip(props: {
  readonly steps: readonly HistogramStep[];
  readonly selection: Selection;
  readonly text: string;
  readonly position: number;
}) {
  const { steps, selection, text, position } = props;
  const { formats, words } = useViewer();
  const chosen = steps.slice(selection.first, selection.last + 1);
  const counts = OUTCOMES.map((outcome) => ({
    outcome,
    count: chosen.reduce((sum, { outcomes }) => sum + (outcomes[outcome] ?? 0), 0),
  })).filter(({ count }) => count > 0);
  const side = position > 66 ? 'is-end' : position < 33 ? 'is-start' : 'is-middle';
  return (
    <div class={`histogram-tip ${side}`} style={{ left: `${position}%` }} aria-hidden="true">
      <strong>{text}</strong>
      {counts.map(({ outcome, count }) => (
        <span key={outcome} class="legend-item">
          <span class={`legend-colour is-${outcome}`} />
          {formatOutcome(outcome, words)} {formats.number(count)}
        </span>
      ))}
    </div>
  );
}

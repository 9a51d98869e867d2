import type { HistogramStep } from './search-types.js';

/** In a bar, the outcomes that need attention are on top. */
export const OUTCOMES = ['success', 'attempted', 'partial', 'denied', 'failure'] as const;

/** `y` and `height` are in per cent. */
export interface Segment {
  readonly step: number;
  readonly outcome: string;
  readonly y: number;
  readonly height: number;
}

export function roundUp(value: number): number {
  if (value <= 1) return 1;
  const unit = 10 ** Math.floor(Math.log10(value));
  const factor = [1, 1.5, 2, 3, 4, 5, 6, 8, 10].find((each) => each * unit >= value) ?? 10;
  return Math.ceil(factor * unit);
}

/** A rectangle is at least 1 % high, so that a small value stays visible. */
export function buildSegments(steps: readonly HistogramStep[], top: number): Segment[] {
  return steps.flatMap(({ outcomes }, step) => {
    const known = OUTCOMES.filter((outcome) => (outcomes[outcome] ?? 0) > 0);
    const unknown = Object.keys(outcomes).filter((outcome) => !OUTCOMES.some((each) => each === outcome));
    let base = 100;
    return [...known, ...unknown].map((outcome) => {
      const height = Math.max(1, ((outcomes[outcome] ?? 0) / top) * 100);
      base -= height;
      return { step, outcome, y: base, height };
    });
  });
}

/** Positions are from 0 to 1, in any order. `last` is inclusive. */
export function orderSteps(
  one: number,
  other: number,
  count: number,
): { readonly first: number; readonly last: number } {
  const stepAt = (position: number) => Math.min(count - 1, Math.max(0, Math.floor(position * count)));
  return { first: stepAt(Math.min(one, other)), last: stepAt(Math.max(one, other)) };
}

export function chooseLabels(count: number, requested = 5): number[] {
  const every = Math.max(1, Math.round(count / requested));
  return Array.from({ length: Math.ceil(count / every) }, (_, nth) => nth * every);
}

import { expect, it } from '@jest/globals';

interface Figure {
  readonly measure: string;
  readonly mark: string;
  readonly isMissed?: boolean;
}

// The script is JavaScript, of this shape.
const { figuresOf } = (await import(new URL('../../../bench/figures.mjs', import.meta.url).href)) as {
  readonly figuresOf: (part: string, measured: object) => readonly Figure[];
};

const marksOf = (part: string, measured: object): readonly (readonly [string, boolean | undefined])[] =>
  figuresOf(part, measured).map(({ mark, isMissed }) => [mark, isMissed]);

it('a median above the most that a mark allows misses it', () => {
  expect(marksOf('event', { cpuMicros: [14, 15, 40] })).toEqual([['≤ 15 µs', false]]);
  expect(marksOf('event', { cpuMicros: [14, 16, 16] })).toEqual([['≤ 15 µs', true]]);
});

it('a median below the least that a mark allows misses it, with a comma in the mark', () => {
  expect(marksOf('rows', { drained: [20_000] })).toEqual([['≥ 20,000', false]]);
  expect(marksOf('rows', { drained: [19_999] })).toEqual([['≥ 20,000', true]]);
});

it('a measure without a mark misses none', () => {
  expect(marksOf('integrity', { sealed: 100 })).toEqual([['', undefined]]);
});

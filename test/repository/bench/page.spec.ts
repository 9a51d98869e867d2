import { describe, expect, it } from '@jest/globals';
import { readFile } from 'node:fs/promises';
import * as prettier from 'prettier';

interface Mark {
  readonly measure: string;
}

interface Result {
  readonly startedAt: string;
  readonly parts: Record<string, unknown>;
}

// The scripts are JavaScript, of these shapes.
const { makePage } = (await importBench('page/make-page.mjs')) as {
  makePage: (result: Result, newer: readonly Result[]) => string;
};
const { judge } = (await importBench('page/judge.mjs')) as {
  judge: (mark: Mark, parts: object) => { verdict: string; median: number; min: number; max: number } | undefined;
};
const { MARKS } = (await importBench('page/marks.mjs')) as { MARKS: readonly Mark[] };
const { COST_MARKS } = (await importBench('page/cost-marks.mjs')) as { COST_MARKS: readonly Mark[] };
const { readNewer } = (await importBench('results.mjs')) as { readNewer: () => Promise<Result[]> };
const { formatNumber } = (await importBench('page/format.mjs')) as { formatNumber: (value: number) => string };

const result = JSON.parse(await readFile('bench/results/latest-node20.json', 'utf8')) as Result; // written by the benchmark

const contender = (requestsPerSecond: number[], micros: number) => ({
  requestsPerSecond,
  cpu: requestsPerSecond.map(() => ({ node: micros, postgres: 0 })),
});

const express = (durable: number[]) => ({
  express: {
    bare: contender([100, 200, 100], 50),
    durable: contender(durable, 150),
    save: contender([10, 10, 10], 900),
  },
});

describe('docs/reference/performance.md', () => {
  it('is what the latest result makes of it; after a run, npm run bench -- --docs', async () => {
    const path = 'docs/reference/performance.md';
    const options = { ...(await prettier.resolveConfig(path)), parser: 'markdown' };
    expect(await readFile(path, 'utf8')).toBe(await prettier.format(makePage(result, await readNewer()), options));
  });

  it('shows each mark with what was reached, or that it was not measured', () => {
    const rows = makePage({ ...result, parts: express([70, 140, 90]) }, []).split('\n');
    expect(rows).toContain(
      '| Express, durable, 50 connections, against bare | ≥ 0.65 | ≥ 0.8 | 0.70 (0.70 to 0.90) | reached |',
    );
    expect(rows).toContain('| Fastify, durable, 50 connections, against bare | ≥ 0.38 | ≥ 0.55 | not measured |  |');
  });

  it('says why a contender was skipped', () => {
    const { express: measured } = express([70, 140, 90]);
    const parts = { express: { ...measured, transactional: { skipped: 'it is not there' } } };
    expect(makePage({ ...result, parts }, [])).toContain('not measured: it is not there');
  });
});

describe('the marks of the benchmark', () => {
  const verdictOf = (measure: string, parts: object) => {
    const mark = [...MARKS, ...COST_MARKS].find((each) => each.measure.startsWith(measure));
    return mark && judge(mark, parts)?.verdict;
  };

  it.each([
    [[80, 160, 80], 'moonshot'],
    [[65, 130, 65], 'reached'],
    [[64, 128, 64], 'short'],
    [[64, 128, 90], 'short'],
  ])('take the median of the rounds’ ratios: %j is %s', (durable, verdict) => {
    expect(verdictOf('Express, durable, 50 connections', express(durable))).toBe(verdict);
  });

  it('hold the rules of the watch to a minute for a day of a million events', () => {
    const day = { rules: 26, alerts: 300, cpuSeconds: [40], peakMiB: [219] };
    const watch = { ...day, events: 1_000_000, seconds: [46, 61, 59] };
    expect(verdictOf('All shipped rules', { watch })).toBe('reached');
    expect(verdictOf('All shipped rules', { watch: { ...watch, seconds: [61, 46, 62] } })).toBe('short');
    const page = makePage({ ...result, parts: { watch } }, []);
    expect(page).toContain('| seconds | 59.0 (46.0 to 61.0) |');
    expect(page).toContain('| memory at most, MiB | 219 |');
  });

  it('hold the viewer to its budgets', () => {
    const viewer = {
      ...{ events: 5_000_000, rows: 5_000, firstRowsMs: [80, 120, 90], longestTaskMs: [0, 0, 61] },
      bytes: { scripts: 55_000, language: 8_000, styles: 9_000, verifier: 4_000, packed: 400_000 },
      overviews: {
        'a day': { draws: 5, estimates: 0, p50Ms: 20, p95Ms: 40 },
        all: { draws: 5, estimates: 5, p50Ms: 200, p95Ms: 290 },
      },
    };
    expect(verdictOf('Scripts that a first visit', { viewer })).toBe('reached');
    expect(verdictOf('What the viewer adds', { viewer })).toBe('short');
    expect(verdictOf('First rows', { viewer })).toBe('reached');
    expect(verdictOf('The longest task', { viewer })).toBe('reached');
    expect(verdictOf('Histogram and counts', { viewer })).toBe('reached');
    const page = makePage({ ...result, parts: { viewer } }, []);
    expect(page).toContain('A first visit loads 55.0 KB of scripts');
    expect(page).toMatch(/\| all +\| 200 +\| 290 +\| 5 of 5 +\|/);
  });

  it('hold streams to what they may cost, how fast and how late they are', () => {
    const rates = (none: number[], three: number[]) => ({ none, three, sentPerSecond: none.map(() => 700) });
    const way = (eventsPerSecond: number[]) => ({
      eventsPerSecond,
      cpu: eventsPerSecond.map(() => ({ main: 61, postgres: 12 })),
    });
    const streams = {
      ...{ waiting: 10_000, ingest: rates([100, 200], [90, 182]), http: rates([100, 200], [89, 178]) },
      backlog: { events: 50_000, webhook: way([5_000, 5_200, 4_000]), file: way([8_000]) },
      lag: { perSecond: 1_000, p50Ms: [500], p99Ms: [1_501], longestMs: [1_700] },
    };
    expect(verdictOf('`record()` with three streams', { streams })).toBe('reached');
    expect(verdictOf('The durable route on Express with the same', { streams })).toBe('short');
    expect(verdictOf('One stream with a backlog', { streams })).toBe('reached');
    expect(verdictOf('p99 from the commit', { streams })).toBe('short');
    const rows = makePage({ ...result, parts: { streams } }, []).split('\n');
    expect(rows).toContain('| webhook | 5,000 (4,000 to 5,200) | 61.0 | 12.0 |');
    expect(rows).toContain(
      '| the durable route, Express, 50 connections | 150 (100 to 200) | 134 (89.0 to 178) | 0.89 | 700 |',
    );
  });

  it('take less for better where costs are measured', () => {
    expect(verdictOf('CPU of building', { event: { cpuMicros: [5, 6, 7] } })).toBe('moonshot');
    expect(verdictOf('CPU of building', { event: { cpuMicros: [15] } })).toBe('reached');
    expect(verdictOf('CPU of building', { event: { cpuMicros: [16] } })).toBe('short');
    expect(verdictOf('CPU added to an audited request', express([1, 1, 1]))).toBe('reached');
  });

  it('hold a sealed row to what it costs PostgreSQL, by the size of a batch, where a result has that', () => {
    const sizes = (small: number, large: number) => [
      { batch: 25, cpuMicros: [small], walBytes: [2_000] },
      { batch: 500, cpuMicros: [large], walBytes: [2_000] },
    ];
    const parts = (backend?: object) => ({ record: { record: { rowsPerSecond: [1], backend } } });
    const verdicts = (given: object) =>
      ['25', '500'].map((size) => verdictOf(`CPU of PostgreSQL for one sealed row, in batches of ${size}`, given));

    expect(verdicts(parts(sizes(22, 18)))).toEqual(['reached', 'reached']);
    expect(verdicts(parts(sizes(23, 18.1)))).toEqual(['short', 'short']);
    expect(verdicts(parts())).toEqual([undefined, undefined]);
  });
});

describe('a ledger of millions of events on the page', () => {
  const shape = (p99Ms: number) => ({
    draws: 500,
    server: { p50Ms: 1, p99Ms },
    blocks: 20,
    client: { p50Ms: 2, p99Ms: p99Ms + 1 },
  });
  const way = (eventsPerSecond: number[], peakMiB: number) => ({ eventsPerSecond, bytes: 2 ** 20, peakMiB });
  const writing = { commits: 100, p50Ms: 2, p99Ms: 5, longestMs: 40 };
  const parts = {
    query: [
      { events: 1_000_000, bytes: 2 ** 30, shapes: { 'by request id': shape(2), 'by resource': shape(4) } },
      { events: 5_000_000, bytes: 5 * 2 ** 30, shapes: { 'by request id': shape(4), 'by resource': shape(5) } },
    ],
    export: {
      events: 200_000,
      copy: way([100, 200], 80),
      jsonl: way([70, 120], 90),
      ...{ csv: way([10, 10], 160), ocsf: way([10, 10], 90), cloudevents: way([10, 10], 90) },
    },
    retention: {
      events: 400_000,
      bytes: 2 ** 29,
      calm: writing,
      dropping: { ...writing, longestMs: 120 },
      ...{ lockedMs: 30, longestLockMs: 20, longestWaitMs: 15 },
      calls: [{ answer: 'detached', tookMs: 900 }],
    },
  };
  const rows = makePage({ ...result, parts }, []).split('\n');

  it.each([
    '| p99 of a page of the large ledger, in the database, of the slowest kind of question | ≤ 10 ms |  | 5.00 ms | reached |',
    '| The same of the large ledger against the small one, of the kind that grows most | ≤ 1.5 |  | 2.00 | short |',
    '| Export as JSON Lines, against a bare `COPY … TO STDOUT` of the same rows | ≥ 0.6 |  | 0.65 (0.60 to 0.70) | reached |',
    '| Memory of an export, whatever its format | ≤ 150 MiB |  | 160 MiB | short |',
    '| Locks while a month is dropped | ≤ 1000 ms |  | 30.0 ms | reached |',
    '| The longest commit of a writer while a month is dropped | ≤ 100 ms |  | 120 ms | short |',
  ])('is held to its marks: %s', (row) => {
    expect(rows).toContain(row);
  });

  it.each([
    '| by request id | 1.00 | 2.00 | 1.00 | 4.00 | 2.00 | 5.00 | 20.0 | 20.0 |',
    '| JSON Lines | 95.0 (70.0 to 120) | 0.65 (0.60 to 0.70) | 1.00 | 90.0 |',
    '| the month is dropped | 100 | 2.00 | 5.00 | 120 |',
  ])('shows %s', (row) => {
    expect(rows).toContain(row);
  });
});

describe('a number on the page', () => {
  it.each([
    [27_123.4, '27,123'],
    [123.45, '123'],
    [12.345, '12.3'],
    [1.234, '1.23'],
    [-0.5, '-0.50'],
  ])('%d has the digits that mean something: %s', (value, text) => {
    expect(formatNumber(value)).toBe(text);
  });
});

function importBench(path: string): Promise<unknown> {
  return import(new URL(`../../../bench/${path}`, import.meta.url).href);
}

import { describe, expect, it } from '@jest/globals';
import { readFile } from 'node:fs/promises';

interface Result {
  readonly versions: { readonly node: string };
  readonly parts: Record<string, unknown>;
}

// The scripts are JavaScript, of these shapes.
const { makePage } = (await importBench('page/make-page.mjs')) as {
  makePage: (result: Result, newer: readonly Result[]) => string;
};
const { spentBetween } = (await importBench('measure/postgres-cpu.mjs')) as {
  spentBetween: (first: Cpu, last: Cpu) => Record<string, number>;
};
const stored = JSON.parse(await readFile('bench/results/latest-node20.json', 'utf8')) as Result; // written by the benchmark

type Cpu = ReadonlyMap<number, { purpose: string; micros: number }>;

const window = (main: number, others: number, writing: number, sealing: number) => ({
  ...{ node: main + others, postgres: writing + sealing, main, others, writing, sealing, server: 0 },
});
const contender = (...cpu: object[]) => ({ requestsPerSecond: cpu.map(() => 100), cpu });

const floor = { batch: 25, sameColumns: { cpuMicros: [20] }, oneText: { cpuMicros: [10] } };
const express = {
  bare: contender(window(40, 0, 0, 0), window(60, 10, 0, 0)),
  durable: { ...contender(window(80, 10, 30, 5), window(120, 20, 35, 5)), floor },
  save: contender(window(440, 40, 300, 0), window(460, 50, 300, 0)),
};
const times = (p99Ms: number[]) => ({ p50Ms: [1, 1], p99Ms, p999Ms: [9, 9], gapMs: [3, 4] });
const latency = {
  ...{ requestsPerSecond: 1_000, bare: times([2, 4]), durable: times([3, 6]) },
  fastify: { requestsPerSecond: 2_000, bare: times([2, 2]), durable: times([4, 4]) },
};
const sizes = (bytes: number) => ({ audit_event: { of: 'audit_event', isIndex: false, bytes } });
const node = (version: string, parts: object): Result => ({
  ...stored,
  versions: { node: version },
  parts: { ...parts },
});
const rowsOf = (result: Result, newer: readonly Result[] = []) => makePage(result, newer).split('\n');

describe('the cost ledger on the page', () => {
  const parts = { express, latency, disk: { events: 1_000, parts: sizes(2_026) } };
  const rows = rowsOf(node('20.1.0', parts));

  it.each([
    'All CPU that durable delivery adds to a request, against what awaited `save()` adds, Express | ≤ 0.12 | ≤ 0.08 | 0.13 (0.11 to 0.15), short',
    "Main-thread time that durable delivery adds to a request, against the bare route's own, Express | ≤ 1 | ≤ 0.6 | 1.00, reached",
    "CPU of PostgreSQL's backends an event, writing and sealing, against the floor, 50 connections, Express | ≤ 1.8 | ≤ 1.3 | 1.88 (1.75 to 2.00), short",
    "p99 at half load, against the bare route's in alternating seconds, Fastify | ≤ 1.8 | ≤ 1.3 | 2.00, short",
    'Bytes on disk of an event, with all indexes, leaves and tiles, against 2,026 before | ≤ 1.15 | ≤ 0.9 | 1.00, reached',
    '`details.<path>` and `q` within 30 days of a tenant, p99 of the slowest kind in the database, large ledger | ≤ 300 ms | ≤ 100 ms | not measured',
  ])('has the row %s', (row) => {
    expect(rows).toContain(`| ${row} |`);
  });

  it('shows what each part of a request takes, the bare route whole and the others beyond it', () => {
    expect(rows).toContain(
      '| µs a request | Express, bare: all | Express, added by **durable** | Express, added by `save()` |',
    );
    expect(rows).toContain('| Node, main thread | 50.0 (40.0 to 60.0) | 50.0 (40.0 to 60.0) | 400 |');
    expect(rows).toContain("| PostgreSQL's backend that seals | 0.00 | 5.00 | 0.00 |");
    expect(rows).toContain('| **all** | 55.0 (40.0 to 70.0) | 97.5 (85.0 to 110) | 740 |');
    expect(rows).toContain('| Express | 25 | 37.5 (35.0 to 40.0) | 20.0 | 10.0 |');
  });

  it('shows which parts sum to what is left above the floor, and to the share of `save()`', () => {
    const byRequests = {
      floor: { writing: [24], all: [24] },
      unqueued: { writing: [25], all: [25] },
      unindexed: { writing: [30], all: [34] },
      ledger: { writing: [40], all: [45] },
    };
    const durable = { ...express.durable, floor: { ...floor, byRequests } };
    const shown = rowsOf(node('20.1.0', { express: { ...express, durable } }));

    expect(shown).toContain('| the floor | 20.0 | 1.00 |');
    expect(shown).toContain('| backends that wake for each batch, with cold caches | 4.00 | 0.20 |');
    expect(shown).toContain('| months, constraints, and the look for what is stored already | 1.00 | 0.05 |');
    expect(shown).toContain('| the queue of the sealing | 5.00 | 0.25 |');
    expect(shown).toContain('| the indexes | 10.0 | 0.50 |');
    expect(shown).toContain('| the backend that seals | 5.00 | 0.25 |');
    expect(shown).toContain('| **all** | 45.0 | 2.25 |');
    expect(shown).toContain('| Node, main thread | 0.07 |');
    expect(shown).toContain('| the floor | 0.03 |');
  });

  it('has a column for each Node, the newer ones first', () => {
    const both = rowsOf(node('20.1.0', parts), [node('24.2.0', { disk: { events: 1_000, parts: sizes(1_013) } })]);
    expect(both).toContain('| measure | mark | moonshot | Node 24 | Node 20 |');
    expect(both).toContain(
      '| Bytes on disk of an event, with all indexes, leaves and tiles, against 2,026 before | ≤ 1.15 | ≤ 0.9 | 0.50, moonshot | 1.00, reached |',
    );
  });

  it('shows latencies under half load of both adapters, with the longest gaps', () => {
    expect(rows).toContain('| **durable** | 1.00 | 4.50 (3.00 to 6.00) | 9.00 | 3.50 (3.00 to 4.00) |');
    expect(rows).toContain('| **durable** | 1.00 | 4.00 | 9.00 | 3.50 (3.00 to 4.00) |');
  });

  it('shows filters of JSON in the largest ledger', () => {
    const server = { p50Ms: 100, p99Ms: 301 };
    const shape = { draws: 50, server, blocks: 900, client: server };
    const size = {
      events: 5_000_000,
      bytes: 2 ** 30,
      shapes: { 'by request id': shape },
      scans: { 'q, 30 days': shape },
    };
    const shown = rowsOf(node('20.1.0', { query: [size] }));
    expect(shown).toContain('| q, 30 days | 50 | 100 | 301 | 900 |');
    expect(shown).toContainEqual(
      expect.stringMatching(/slowest kind in the database, large ledger .* 301 ms, short \|$/),
    );
  });
});

describe('the CPU of a server between two readings', () => {
  it('is summed by purpose, without the benchmark’s own sessions, and with those that began meanwhile', () => {
    const first: Cpu = new Map([
      [1, { purpose: 'writing', micros: 10 }],
      [2, { purpose: 'bench', micros: 5 }],
      [3, { purpose: 'writing', micros: 7 }],
    ]);
    const last: Cpu = new Map([
      [1, { purpose: 'writing', micros: 15 }],
      [2, { purpose: 'bench', micros: 50 }],
      [4, { purpose: 'sealing', micros: 3 }],
      [5, { purpose: 'writing', micros: 2 }],
    ]);
    expect(spentBetween(first, last)).toEqual({ writing: 7, sealing: 3, server: 0 });
  });
});

function importBench(path: string): Promise<unknown> {
  return import(new URL(`../../../bench/${path}`, import.meta.url).href);
}

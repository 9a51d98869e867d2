import { describe, expect, it } from '@jest/globals';

interface TimedFunction {
  readonly name: string;
  readonly url: string;
  readonly line: number;
  readonly selfMs: number;
}

// The script is JavaScript, of this shape.
const { selfTimes, groupShares } = (await import(
  new URL('../../../bench/measure/read-profile.mjs', import.meta.url).href
)) as {
  selfTimes: (profile: object) => TimedFunction[];
  groupShares: (functions: readonly TimedFunction[]) => Record<string, number>;
};

const frame = (functionName: string, url: string, lineNumber = -1) => ({ functionName, url, lineNumber });

describe('a profile of the benchmark', () => {
  it('adds up the time of a function wherever it was called from', () => {
    const nodes = [
      { id: 1, callFrame: frame('build', 'file:///app/dist/src/audit/event/build-event.js', 9) },
      { id: 2, callFrame: frame('build', 'file:///app/dist/src/audit/event/build-event.js', 9) },
      { id: 3, callFrame: frame('', 'node:net', 4) },
    ];
    const found = selfTimes({ nodes, samples: [1, 3, 2], timeDeltas: [1_000, 500, 2_000] });
    expect(found).toEqual([
      { name: 'build', url: 'file:///app/dist/src/audit/event/build-event.js', line: 10, selfMs: 3 },
      { name: '(anonymous)', url: 'node:net', line: 5, selfMs: 0.5 },
    ]);
  });

  it.each([
    ['file:///app/dist/src/audit/event/build-event.js', 'building the event'],
    ['file:///app/dist/src/audit/context/http-scope.js', 'context of the audit'],
    ['file:///app/dist/src/audit/delivery/delivery-queue.js', 'queue and receipts'],
    ['file:///app/dist/src/modules/monitoring/ledger.provider.js', 'ledger'],
    ['file:///app/node_modules/pg-protocol/dist/parser.js', 'PostgreSQL driver'],
    ['file:///app/node_modules/@nestjs/core/router/router-proxy.js', 'Nest and RxJS'],
    ['file:///app/node_modules/fastify/lib/reply.js', 'web framework'],
    ['node:internal/async_hooks', 'asynchronous context (Node)'],
    ['node:net', 'Node (streams, HTTP, timers)'],
  ])('counts %s as %s', (url, group) => {
    expect(groupShares([{ name: 'work', url, line: 1, selfMs: 3 }])).toEqual({ [group]: 1 });
  });

  it('shares out only the time in which the contender worked', () => {
    const of = (name: string, url: string, selfMs: number) => ({ name, url, line: 0, selfMs });
    const functions = [
      of('(idle)', '', 900),
      of('dispatch', '', 50),
      of('(garbage collector)', '', 1),
      of('on', 'node:net', 3),
    ];
    expect(groupShares(functions)).toEqual({ 'Node (streams, HTTP, timers)': 0.75, 'garbage collection': 0.25 });
  });
});

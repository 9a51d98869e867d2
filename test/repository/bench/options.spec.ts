import { describe, expect, it } from '@jest/globals';

// The script is JavaScript, of this shape.
const { readOptions } = (await import(new URL('../../../bench/options.mjs', import.meta.url).href)) as {
  readOptions: (args: readonly string[]) => { parts: string[]; nodes: number[]; quick: boolean };
};

describe('the command line of the benchmark', () => {
  it('measures everything but other versions of Node and a large ledger', () => {
    const { parts } = readOptions([]);
    expect(parts).toEqual(
      expect.arrayContaining(['express', 'fastify', 'transaction', 'disk', 'record', 'heap', 'spill', 'profile']),
    );
    for (const part of ['nodes', 'query', 'export', 'retention', 'verify', 'viewer', 'streams', 'watch'])
      expect(parts).not.toContain(part);
  });

  it('looks at a large ledger when asked to', () => {
    expect(readOptions(['--only', 'viewer,retention,query']).parts).toEqual(['query', 'retention', 'viewer']);
  });

  it('measures other versions of Node when they are named', () => {
    const { parts, nodes } = readOptions(['--nodes', '22,24']);
    expect(parts).toContain('nodes');
    expect(nodes).toEqual([22, 24]);
  });

  it('measures only what is named, in its own order', () => {
    expect(readOptions(['--quick', '--only', 'spill,express']).parts).toEqual(['express', 'spill']);
  });

  it.each([
    [['--only', 'expres'], 'Cannot measure expres: the parts are express, fastify,'],
    [['--only', 'nodes'], 'Cannot measure nodes: no version is named.'],
    [['--nodes', '18'], 'Cannot read --nodes 18'],
    [['--adapter', 'koa'], 'Cannot use the adapter koa'],
    [['--events', '500'], 'Cannot load 500 events: a ledger to ask has at least 10000.'],
    [['--slow'], '--slow'],
  ])('refuses %j', (args, message) => {
    expect(() => readOptions(args)).toThrow(message);
  });
});

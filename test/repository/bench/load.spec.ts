import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';

interface LoadOptions {
  readonly port: number;
  readonly request: Buffer;
  readonly connections: number;
  readonly warmUpMs: number;
  readonly windowMs: number;
}

// The scripts are JavaScript, of these shapes.
const { makePost } = (await importBench('load/http-connection.mjs')) as {
  makePost: (path: string, body: string, headers: Record<string, string>) => Buffer;
};
const { runClosedLoad } = (await importBench('load/closed-load.mjs')) as {
  runClosedLoad: (options: LoadOptions) => Promise<{ inWindow: number; all: number }>;
};
const { runFixedRateLoad } = (await importBench('load/fixed-rate-load.mjs')) as {
  runFixedRateLoad: (
    options: LoadOptions & { requestsPerSecond: number },
  ) => Promise<{ latenciesMs: number[]; all: number }>;
};

const request = makePost('/orders', '{"a":"ü"}', { 'user-agent': 'bench' });
const short = { request, connections: 4, warmUpMs: 20, windowMs: 80 };

describe('the load of the benchmark', () => {
  let server: Server;
  let port: number;
  let answer: RequestListener;
  let bodies: string[];

  beforeEach(async () => {
    bodies = [];
    answer = (_request, response) => response.writeHead(201, { 'content-length': '2' }).end('{}');
    server = createServer((received, response) => {
      void text(received).then((body) => {
        bodies.push(`${String(received.method)} ${String(received.url)} ${body}`);
        answer(received, response);
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    port = (server.address() as AddressInfo).port; // it listens on TCP
  });

  afterEach(async () => {
    await new Promise((resolve) => server.close(resolve));
  });

  it('counts every answer that the server gave, also those before and after the window', async () => {
    const { all, inWindow } = await runClosedLoad({ port, ...short });
    expect(all).toBe(bodies.length);
    expect(inWindow).toBeGreaterThan(0);
    expect(inWindow).toBeLessThanOrEqual(all);
    expect(new Set(bodies)).toEqual(new Set(['POST /orders {"a":"ü"}']));
  });

  it('fails at an unsuccessful answer', async () => {
    answer = (_request, response) => response.writeHead(503, { 'content-length': '0' }).end();
    await expect(runClosedLoad({ port, ...short })).rejects.toThrow('status 503');
    await expect(runFixedRateLoad({ port, ...short, requestsPerSecond: 100 })).rejects.toThrow('status 503');
  });

  it('fails when the server hangs up', async () => {
    answer = (_request, response) => response.destroy();
    await expect(runClosedLoad({ port, ...short })).rejects.toThrow('closed the connection');
  });

  it('sends as many requests as the rate says, however late the answers are', async () => {
    const { all, latenciesMs } = await runFixedRateLoad({ port, ...short, requestsPerSecond: 1_000 });
    expect(all).toBe(100);
    expect(bodies).toHaveLength(100);
    expect(latenciesMs).toHaveLength(80);
  });

  it('counts what a request waited for a connection, when the only one is busy', async () => {
    const stallMs = 200;
    let stalled = false;
    answer = (_request, response) => {
      const respond = () => void response.writeHead(201, { 'content-length': '2' }).end('{}');
      if (stalled) respond();
      else setTimeout(respond, stallMs);
      stalled = true;
    };
    const { all, latenciesMs } = await runFixedRateLoad({
      port,
      ...short,
      connections: 1,
      warmUpMs: 0,
      requestsPerSecond: 100,
    });
    expect(all).toBe(8);
    // The last one was due at 70 ms, and could be sent after 200.
    expect(Math.min(...latenciesMs)).toBeGreaterThan(stallMs - short.windowMs);
  });
});

function importBench(path: string): Promise<unknown> {
  return import(new URL(`../../../bench/${path}`, import.meta.url).href);
}

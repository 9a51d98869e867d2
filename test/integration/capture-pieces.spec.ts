import { Readable } from 'node:stream';
import { afterEach, describe, expect, it } from '@jest/globals';
import { Injectable, Module, StreamableFile, type INestApplicationContext } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { lastValueFrom, Observable, of, throwError } from 'rxjs';
import { Audited, AuditModule, type AuditedCall } from '../../src/audit/index.js';
import { InMemoryAuditProvider } from '../../src/audit/testing/index.js';
import { eventually } from '../support/eventually.js';

type End = 'succeeds' | 'fails';

const memory = new InMemoryAuditProvider();
const details = ({ result }: AuditedCall): object => ({ last: typeof result });

@Injectable()
class Exports {
  @Audited('row_export', { details: ({ result }) => ({ last: result }) })
  async *rows(end: End): AsyncGenerator<number> {
    yield 1;
    yield 2;
    await Promise.resolve();
    if (end === 'fails') throw new Error('no');
  }

  @Audited('row_export', { onFailure: 'open' })
  *ids(end: End): Generator<number> {
    yield 1;
    if (end === 'fails') throw new Error('no');
  }

  @Audited('row_export', { attempt: true })
  async *attempted(end: End): AsyncGenerator<number> {
    yield* this.rowsOf(end);
  }

  @Audited('row_export', { details })
  async promised(end: End): Promise<AsyncGenerator<number>> {
    return Promise.resolve(this.rowsOf(end));
  }

  @Audited('row_export', { onFailure: 'open' })
  readable(end: End): Readable {
    return Readable.from(this.rowsOf(end));
  }

  @Audited('row_export')
  async file(end: End): Promise<StreamableFile> {
    return Promise.resolve(new StreamableFile(Readable.from(this.rowsOf(end))));
  }

  @Audited('row_export')
  async observable(end: End): Promise<Observable<number>> {
    return Promise.resolve(end === 'fails' ? throwError(() => new Error('no')) : of(1));
  }

  private async *rowsOf(end: End): AsyncGenerator<number> {
    yield 1;
    await Promise.resolve();
    if (end === 'fails') throw new Error('no');
  }
}

const open: INestApplicationContext[] = [];
afterEach(async () => {
  memory.clear();
  for (const app of open.splice(0)) await app.close();
});

async function boot(onFailure: 'open' | 'closed' = 'open'): Promise<Exports> {
  @Module({
    imports: [AuditModule.forRoot({ spillDir: false, onFailure })],
    providers: [{ provide: InMemoryAuditProvider, useValue: memory }, Exports],
  })
  class ExportsModule {}
  const app = await NestFactory.createApplicationContext(ExportsModule, { logger: false });
  open.push(app);
  return app.get(Exports);
}

async function readAll(given: unknown): Promise<void> {
  const value = await given;
  if (value instanceof StreamableFile) await readAll(value.getStream());
  else if (value instanceof Observable) await lastValueFrom(value);
  else if (value instanceof Readable) await value.forEach(() => undefined);
  else for await (const piece of value as AsyncIterable<number>) expect([piece, ...ends()]).toEqual([piece]); // a generator
}

const ends = () => memory.events.flatMap(({ outcome }) => (outcome === 'attempted' ? [] : [outcome]));
const METHODS = ['rows', 'ids', 'attempted', 'promised', 'readable', 'file', 'observable'] as const;

describe('a method whose value is complete later: it ends with its value, in', () => {
  it.each(METHODS)('%s', async (method) => {
    const exports = await boot();
    await readAll(exports[method]('succeeds'));
    await eventually(() => ends().length > 0);

    expect(ends()).toEqual(['success']);
  });

  it.each(METHODS)('%s, and fails with its value', async (method) => {
    const exports = await boot();
    await expect(readAll(exports[method]('fails'))).rejects.toThrow('no');
    await eventually(() => ends().length > 0);

    expect(ends()).toEqual(['failure']);
    expect(memory.events.at(-1)?.error?.message).toBe('no');
  });

  it.each([
    ['rows', 'fails'],
    ['ids', 'fails'],
    ['promised', 'fails'],
    ['readable', 'succeeds'], // a stream reads ahead
  ] as const)('%s, of which the consumer takes a part', async (method, end) => {
    const exports = await boot();
    for await (const piece of await exports[method](end)) if (piece === 1) break;
    await eventually(() => ends().length > 0);

    expect(ends()).toEqual(['success']);
  });

  it('a generator whose end its consumer sees after the event is stored, with the last piece as the result', async () => {
    const exports = await boot();
    await readAll(exports.rows('succeeds'));

    expect(memory.events).toMatchObject([{ outcome: 'success', details: { last: 2 } }]);
  });

  it('a closed generator whose attempt is stored before its first piece', async () => {
    const exports = await boot('closed');
    const rows = exports.rows('succeeds');
    expect(await rows.next()).toEqual({ done: false, value: 1 });
    expect(memory.events).toMatchObject([{ outcome: 'attempted' }]);

    await readAll(rows);
    expect(memory.events).toMatchObject([{ outcome: 'attempted' }, { outcome: 'success' }]);
  });

  it('a generator that nobody reads to its end is an attempt when the application stops', async () => {
    const exports = await boot();
    await exports.rows('succeeds').next();
    await open.pop()?.close();

    expect(memory.events).toMatchObject([{ outcome: 'attempted', reason: 'no_end_seen' }]);
  });

  it('a stream, whose error still ends the process if nobody listens', async () => {
    const exports = await boot();
    const stream = exports.readable('fails');

    expect(stream.listenerCount('error')).toBe(0);
    await expect(readAll(stream)).rejects.toThrow('no');
  });
});

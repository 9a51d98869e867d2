import { Readable } from 'node:stream';
import { beforeEach, describe, expect, it } from '@jest/globals';
import {
  ConflictException,
  Injectable,
  Module,
  Scope,
  SetMetadata,
  StreamableFile,
  type INestApplicationContext,
} from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { EventEmitter2, EventEmitterModule, OnEvent } from '@nestjs/event-emitter';
import { firstValueFrom, lastValueFrom, NEVER, Observable, of, throwError, toArray } from 'rxjs';
import { AuditContext, Audited, AuditModule } from '../../src/audit/index.js';
import { liveApplications } from '../../src/audit/capture/live-applications.service.js';
import { InMemoryAuditProvider } from '../../src/audit/testing/index.js';
import { eventually } from '../support/eventually.js';

/** Many decorators replace a method by a function of their own and lose the method's name and metadata. */
function Wrapped(_target: object, _key: string | symbol, descriptor: PropertyDescriptor): void {
  const method = descriptor.value as (...args: unknown[]) => unknown; // it decorates methods alone
  descriptor.value = function (...args: unknown[]): unknown {
    return method.apply(this, args);
  };
}

type End = 'succeeds' | 'fails';

async function* generateRows(end: End): AsyncGenerator<number> {
  yield 1;
  yield 2;
  await Promise.resolve();
  if (end === 'fails') throw new Error('no');
}

@Injectable()
class Works {
  readonly label: string = 'mine';

  @Audited<string, [string]>('async_work', {
    resource: ({ args: [id] }) => ({ type: 'work', id }),
    details: ({ result }) => ({ result }),
  })
  async inTheBackground(id: string): Promise<string> {
    if (id === 'conflict') throw new ConflictException('no');
    if (id === 'broken') throw new Error('no');
    return Promise.resolve(`${this.label} ${id}`);
  }

  @Audited('sync_work', { onFailure: 'open', details: ({ args, result }) => ({ args, result }) })
  atOnce(id: string): string {
    if (id === 'broken') throw new Error('no');
    return `${this.label} ${id}`;
  }

  @Audited('stream_work', { onFailure: 'open', details: ({ result }) => ({ last: result }) })
  stream(kind: string): Observable<number> {
    if (kind === 'broken') return throwError(() => new Error('no'));
    return kind === 'endless' ? NEVER : of(1, 2, 3);
  }

  @Audited('outer_work')
  async outer(): Promise<string> {
    AuditContext.annotate({ details: { of: 'the outer one' } });
    const done = await this.inTheBackground('inner');
    AuditContext.annotate({ details: { still: 'the outer one' } });
    return done;
  }

  @SetMetadata('above', 1)
  @Audited('wrapped_inside', { onFailure: 'open' })
  @Wrapped
  @SetMetadata('below', 2)
  wrappedInside(): string {
    return this.label;
  }

  @SetMetadata('above', 1)
  @Wrapped
  @Audited('wrapped_outside', { onFailure: 'open' })
  wrappedOutside(): string {
    return this.label;
  }

  @Audited('row_export', { details: ({ result }) => ({ last: result }) })
  async *rows(end: End): AsyncGenerator<number> {
    yield* generateRows(end);
  }

  @Audited('row_export', { onFailure: 'open' })
  *ids(end: End): Generator<number> {
    yield 1;
    if (end === 'fails') throw new Error('no');
  }

  @Audited('row_export')
  async promised(end: End): Promise<AsyncGenerator<number>> {
    return Promise.resolve(generateRows(end));
  }

  @Audited('row_export', { onFailure: 'open' })
  readable(end: End): Readable {
    return Readable.from(generateRows(end));
  }

  @Audited('row_export')
  async file(end: End): Promise<StreamableFile> {
    return Promise.resolve(new StreamableFile(Readable.from(generateRows(end))));
  }

  @Audited('row_export')
  async observable(end: End): Promise<Observable<number>> {
    return Promise.resolve(end === 'fails' ? throwError(() => new Error('no')) : of(1));
  }
}

@Injectable()
class Listener {
  @OnEvent('work.wanted')
  @Audited('event_work', { details: ({ args }) => ({ args }) })
  async onEvent(id: string): Promise<void> {
    await Promise.resolve(id);
  }
}

@Injectable({ scope: Scope.TRANSIENT })
class TransientWorks extends Works {}

const open: INestApplicationContext[] = [];

async function boot(onFailure: 'open' | 'closed' = 'open') {
  @Module({
    imports: [AuditModule.forRoot({ spillDir: false, onFailure }), EventEmitterModule.forRoot()],
    providers: [
      ...[InMemoryAuditProvider, Listener, Works, TransientWorks],
      { provide: 'MADE', useFactory: () => new Works() },
    ],
  })
  class WorksModule {}
  const app = await NestFactory.createApplicationContext(WorksModule, { logger: false });
  open.push(app);
  return { app, works: app.get(Works), memory: app.get(InMemoryAuditProvider) };
}

const { app, works, memory } = await boot();
beforeEach(() => memory.clear());

async function recorded(count: number): Promise<unknown[]> {
  await eventually(() => memory.events.length >= count);
  expect(memory.events).toHaveLength(count);
  return memory.events.map(({ type }) => type);
}

describe('a method of any provider', () => {
  it('is recorded before its promise resolves, with its arguments and its result', async () => {
    expect(await works.inTheBackground('7')).toBe('mine 7');
    expect(memory.events).toMatchObject([
      {
        ...{ type: 'async_work', actor: { type: 'system' } },
        ...{ resource: { type: 'work', id: '7' }, details: { result: 'mine 7' } },
      },
    ]);
  });

  it.each([
    ['conflict', 'warning', undefined],
    ['broken', 'error', 'unexpected_error'],
  ])('that rejects (%s) has failed, and rejects as it would have', async (id, severity, reason) => {
    await expect(works.inTheBackground(id)).rejects.toThrow('no');
    expect(memory.events).toMatchObject([{ type: 'async_work_failed', severity, error: { message: 'no' } }]);
    expect(memory.events[0]?.reason).toBe(reason);
  });

  it('that is synchronous stays so', async () => {
    expect(works.atOnce('7')).toBe('mine 7');
    expect(() => works.atOnce('broken')).toThrow('no');
    expect(await recorded(2)).toEqual(['sync_work', 'sync_work_failed']);
    expect(memory.events[0]?.details).toEqual({ args: ['7'], result: 'mine 7' });
  });

  it('that returns an Observable ends when that does', async () => {
    expect(await lastValueFrom(works.stream('all').pipe(toArray()))).toEqual([1, 2, 3]);
    expect(memory.events).toMatchObject([{ type: 'stream_work', details: { last: 3 } }]);
    expect(await firstValueFrom(works.stream('all'))).toBe(1);
    await expect(lastValueFrom(works.stream('broken'))).rejects.toThrow('no');
    works.stream('endless').subscribe().unsubscribe();
    expect(await recorded(4)).toEqual(['stream_work', 'stream_work', 'stream_work_failed', 'stream_work_attempted']);
  });

  it('that calls another audited one is one event, and the other is another, with annotations of its own', async () => {
    await works.outer();
    expect(memory.events).toMatchObject([
      { type: 'async_work', details: {} },
      { type: 'outer_work', details: { of: 'the outer one', still: 'the outer one' } },
    ]);
    expect(memory.events[0]?.details).not.toHaveProperty('of');
  });

  it('is audited in whichever order it is decorated, and keeps its name and what other decorators left', async () => {
    expect([works.wrappedInside(), works.wrappedOutside()]).toEqual(['mine', 'mine']);
    expect(await recorded(2)).toEqual(['wrapped_inside', 'wrapped_outside']);
    const methods = new Map(Object.entries(Object.getOwnPropertyDescriptors(Works.prototype)));
    const left = (key: string, name: string): unknown => Reflect.getMetadata(key, methods.get(name)?.value as object); // it is a method
    expect([left('above', 'wrappedInside'), left('above', 'wrappedOutside')]).toEqual([1, 1]);
    const { name, length } = methods.get('inTheBackground')?.value as (id: string) => unknown; // it is a method
    expect({ name, length }).toEqual({ name: 'inTheBackground', length: 1 });
  });

  it('is called by others of its decorators: one event for each @OnEvent', async () => {
    await app.get(EventEmitter2).emitAsync('work.wanted', '7');
    expect(await recorded(1)).toEqual(['event_work']);
    expect(memory.events[0]?.details).toEqual({ args: ['7'] });
  });

  it('is the application’s that made what it is called on, of several, also on an instance of its own for each caller', async () => {
    await (await app.resolve(TransientWorks)).inTheBackground('4');
    const second = await boot();
    await second.works.inTheBackground('1');
    await second.app.get<Works>('MADE').inTheBackground('2');
    await works.inTheBackground('3');
    expect(second.memory.events.map(({ resource }) => resource?.id)).toEqual(['1', '2']);
    expect(memory.events.map(({ resource }) => resource?.id)).toEqual(['4', '3']);
  });
});

async function readAll(given: unknown): Promise<void> {
  const value = await given;
  if (value instanceof StreamableFile) await readAll(value.getStream());
  else if (value instanceof Observable) await lastValueFrom(value);
  else if (value instanceof Readable) await value.forEach(() => undefined);
  else for await (const piece of value as AsyncIterable<number>) expect([piece, ...ends()]).toEqual([piece]); // a generator
}

const ends = () => memory.events.flatMap(({ outcome }) => (outcome === 'attempted' ? [] : [outcome]));

describe('a method whose value is complete later: it ends with its value', () => {
  it.each(['rows', 'ids', 'promised', 'readable', 'file', 'observable'] as const)(
    '%s, and fails with its value',
    async (method) => {
      await readAll(works[method]('succeeds'));
      if (method === 'rows') expect(memory.events).toMatchObject([{ outcome: 'success', details: { last: 2 } }]);
      await eventually(() => ends().length > 0);
      expect(ends()).toEqual(['success']);
      memory.clear();
      await expect(readAll(works[method]('fails'))).rejects.toThrow('no');
      await eventually(() => ends().length > 0);
      expect(ends()).toEqual(['failure']);
      expect(memory.events.at(-1)?.error?.message).toBe('no');
    },
  );

  it.each([
    ['rows', 'fails'],
    ['ids', 'fails'],
    ['promised', 'fails'],
    ['readable', 'succeeds'], // a stream reads ahead
  ] as const)('%s, of which the consumer takes a part', async (method, end) => {
    for await (const piece of await works[method](end)) if (piece === 1) break;
    await eventually(() => ends().length > 0);
    expect(ends()).toEqual(['success']);
  });

  it('a stream, whose error still ends the process if nobody listens', async () => {
    const stream = works.readable('fails');
    expect(stream.listenerCount('error')).toBe(0);
    await expect(readAll(stream)).rejects.toThrow('no');
  });

  it('a closed generator whose attempt is stored before its first piece; one that nobody reads to its end is an attempt when the application stops', async () => {
    const closed = await boot('closed');
    const rows = closed.works.rows('succeeds');
    expect(await rows.next()).toEqual({ done: false, value: 1 });
    expect(closed.memory.events).toMatchObject([{ outcome: 'attempted' }]);
    expect([await rows.next(), (await rows.next()).done]).toEqual([{ done: false, value: 2 }, true]);
    expect(closed.memory.events).toMatchObject([{ outcome: 'attempted' }, { outcome: 'success' }]);
    closed.memory.clear();
    closed.works.ids('succeeds').next();
    await closed.app.close();
    expect(closed.memory.events).toMatchObject([{ outcome: 'attempted', reason: 'outcome_unknown' }]);
  });
});

it('a method is just called where no application runs', async () => {
  for (const each of open.splice(0)) await each.close();
  liveApplications.clear(); // of those whose boot another spec saw refused
  expect(await new Works().inTheBackground('7')).toBe('mine 7');
});

import { afterEach, describe, expect, it } from '@jest/globals';
import {
  ConflictException,
  Injectable,
  Module,
  Scope,
  SetMetadata,
  type INestApplicationContext,
  type Type,
} from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { EventEmitter2, EventEmitterModule, OnEvent } from '@nestjs/event-emitter';
import { firstValueFrom, lastValueFrom, NEVER, Observable, of, throwError, toArray } from 'rxjs';
import { AuditContext, Audited, AuditModule } from '../../src/audit/index.js';
import { live } from '../../src/audit/capture/live-applications.service.js';
import { InMemoryAuditProvider } from '../../src/audit/testing/index.js';
import { eventually } from '../support/eventually.js';

/** Many decorators replace a method by a function of their own and lose the method's name and metadata. */
function Wrapped(target: object, key: string | symbol, descriptor: PropertyDescriptor): void {
  const method = descriptor.value as (...args: unknown[]) => unknown; // it decorates methods alone
  descriptor.value = function (...args: unknown[]): unknown {
    return method.apply(this, args);
  };
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

  @Audited('sync_work', { details: ({ args, result }) => ({ args, result }) })
  atOnce(id: string): string {
    if (id === 'broken') throw new Error('no');
    return `${this.label} ${id}`;
  }

  @Audited('stream_work', { details: ({ result }) => ({ last: result }) })
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
  @Audited('wrapped_inside')
  @Wrapped
  @SetMetadata('below', 2)
  wrappedInside(): string {
    return this.label;
  }

  @SetMetadata('above', 1)
  @Wrapped
  @Audited('wrapped_outside')
  wrappedOutside(): string {
    return this.label;
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

@Module({
  imports: [AuditModule.forRoot(), EventEmitterModule.forRoot()],
  providers: [
    InMemoryAuditProvider,
    Listener,
    Works,
    TransientWorks,
    { provide: 'MADE', useFactory: () => new Works() },
  ],
})
class WorksModule {}

const open: INestApplicationContext[] = [];
afterEach(() => Promise.all(open.splice(0).map((app) => app.close())));

async function boot(): Promise<{
  readonly get: <T>(token: Type<T> | string) => T;
  readonly resolve: <T>(token: Type<T>) => Promise<T>;
  readonly memory: InMemoryAuditProvider;
  readonly recorded: (count: number) => Promise<unknown[]>;
}> {
  const app = await NestFactory.createApplicationContext(WorksModule, { logger: false });
  open.push(app);
  const memory = app.get(InMemoryAuditProvider);
  const recorded = async (count: number): Promise<unknown[]> => {
    await eventually(() => memory.events.length >= count);
    expect(memory.events).toHaveLength(count);
    return memory.events.map(({ type }) => type);
  };
  return {
    get: <T>(token: Type<T> | string) => app.get<T>(token),
    resolve: (token) => app.resolve(token),
    memory,
    recorded,
  };
}

describe('a method of any provider', () => {
  it('is recorded before its promise resolves, with its arguments and its result', async () => {
    const { get, memory } = await boot();

    expect(await get(Works).inTheBackground('7')).toBe('mine 7');
    expect(memory.events).toMatchObject([
      {
        type: 'async_work',
        actor: { type: 'system' },
        resource: { type: 'work', id: '7' },
        details: { result: 'mine 7' },
      },
    ]);
  });

  it.each([
    ['conflict', 'warning', undefined],
    ['broken', 'error', 'unexpected_error'],
  ])('that rejects (%s) has failed, and rejects as it would have', async (id, severity, reason) => {
    const { get, memory } = await boot();

    await expect(get(Works).inTheBackground(id)).rejects.toThrow('no');
    expect(memory.events).toMatchObject([{ type: 'async_work_failed', severity, error: { message: 'no' } }]);
    expect(memory.events[0]?.reason).toBe(reason);
  });

  it('that is synchronous stays so', async () => {
    const { get, memory, recorded } = await boot();

    expect(get(Works).atOnce('7')).toBe('mine 7');
    expect(() => get(Works).atOnce('broken')).toThrow('no');
    expect(await recorded(2)).toEqual(['sync_work', 'sync_work_failed']);
    expect(memory.events[0]?.details).toEqual({ args: ['7'], result: 'mine 7' });
  });

  it('that returns an Observable ends when that does', async () => {
    const { get, memory, recorded } = await boot();

    expect(await lastValueFrom(get(Works).stream('all').pipe(toArray()))).toEqual([1, 2, 3]);
    expect(memory.events).toMatchObject([{ type: 'stream_work', details: { last: 3 } }]);
    expect(await firstValueFrom(get(Works).stream('all'))).toBe(1);
    await expect(lastValueFrom(get(Works).stream('broken'))).rejects.toThrow('no');
    get(Works).stream('endless').subscribe().unsubscribe();
    expect(await recorded(4)).toEqual(['stream_work', 'stream_work', 'stream_work_failed', 'stream_work_attempted']);
  });

  it('that calls another audited one is one event, and the other is another, with annotations of its own', async () => {
    const { get, memory } = await boot();
    await get(Works).outer();

    expect(memory.events).toMatchObject([
      { type: 'async_work', details: {} },
      { type: 'outer_work', details: { of: 'the outer one', still: 'the outer one' } },
    ]);
    expect(memory.events[0]?.details).not.toHaveProperty('of');
  });

  it('is audited in whichever order it is decorated, and keeps its name and what other decorators left', async () => {
    const { get, recorded } = await boot();
    const works = get(Works);

    expect([works.wrappedInside(), works.wrappedOutside()]).toEqual(['mine', 'mine']);
    expect(await recorded(2)).toEqual(['wrapped_inside', 'wrapped_outside']);
    const methods = new Map(Object.entries(Object.getOwnPropertyDescriptors(Works.prototype)));
    const left = (key: string, name: string): unknown => Reflect.getMetadata(key, methods.get(name)?.value as object); // it is a method
    expect([left('above', 'wrappedInside'), left('above', 'wrappedOutside')]).toEqual([1, 1]);
    const { name, length } = methods.get('inTheBackground')?.value as (id: string) => unknown; // it is a method
    expect({ name, length }).toEqual({ name: 'inTheBackground', length: 1 });
  });

  it('is called by others of its decorators: one event for each @OnEvent', async () => {
    const { get, memory, recorded } = await boot();
    await get(EventEmitter2).emitAsync('work.wanted', '7');

    expect(await recorded(1)).toEqual(['event_work']);
    expect(memory.events[0]?.details).toEqual({ args: ['7'] });
  });

  it('is the application’s that made what it is called on, of several', async () => {
    const [first, second] = [await boot(), await boot()];
    await second.get(Works).inTheBackground('1');
    await second.get<Works>('MADE').inTheBackground('2');
    await first.get(Works).inTheBackground('3');

    expect(await second.recorded(2)).toEqual(['async_work', 'async_work']);
    expect(await first.recorded(1)).toEqual(['async_work']);
  });

  it('is audited on an instance that is made for each request', async () => {
    const { resolve, recorded } = await boot();
    await (await resolve(TransientWorks)).inTheBackground('1');

    expect(await recorded(1)).toEqual(['async_work']);
  });

  it('is just called where no application runs', async () => {
    live.clear(); // of those whose boot another spec saw refused
    expect(await new Works().inTheBackground('7')).toBe('mine 7');
  });
});

import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Controller, Injectable, Module, Post, type INestApplication, type Type } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { from, lastValueFrom, Observable } from 'rxjs';
import { Audited, AuditModule, AuditProvider, type AuditModuleOptions } from '../../src/audit/index.js';
import { InMemoryAuditProvider } from '../../src/audit/testing/index.js';

const memory = new InMemoryAuditProvider();
const seenAtStart: (readonly string[])[] = [];
const noteStart = (): number => seenAtStart.push(memory.events.map(({ type }) => type));

@Injectable()
class Work {
  @Audited('promised_work')
  promised(): Promise<number> {
    return Promise.resolve(noteStart());
  }

  @Audited('observed_work')
  observed(): Observable<number> {
    return from([noteStart()]);
  }

  @Audited('unclosed_work', { onFailure: 'open' })
  unclosed(): number {
    return noteStart();
  }
}

@Injectable()
class SynchronousWork {
  @Audited('synchronous_work')
  run(): number {
    return noteStart();
  }
}

@Controller('work')
class WorkController {
  @Post()
  @Audited('routed_work')
  run(): number {
    return noteStart(); // Nest awaits what comes before it
  }
}

@AuditProvider({ backend: 'background', awaited: false })
class BackgroundProvider {
  record(): Promise<void> {
    return Promise.resolve();
  }
}

let app: INestApplication | undefined;

async function boot(options: AuditModuleOptions, store: object, ...work: readonly Type[]): Promise<INestApplication> {
  @Module({
    imports: [AuditModule.forRoot({ spillDir: false, ...options })],
    controllers: [WorkController],
    providers: [{ provide: 'store', useValue: store }, ...work],
  })
  class ClosedModule {}
  const testing = await Test.createTestingModule({ imports: [ClosedModule] }).compile();
  app = testing.createNestApplication({ logger: false });
  return app.init();
}

beforeEach(() => {
  memory.clear();
  seenAtStart.length = 0;
});
afterEach(async () => {
  await app?.close();
  app = undefined;
});

describe('a closed application', () => {
  it('stores the attempt of a method before it starts, also of one that is not declared async', async () => {
    const work = (await boot({ onFailure: 'closed' }, memory, Work)).get(Work);
    await work.promised();
    await lastValueFrom(work.observed());
    work.unclosed();

    expect(seenAtStart).toEqual([
      ['promised_work_attempted'],
      ['promised_work_attempted', 'promised_work', 'observed_work_attempted'],
      ['promised_work_attempted', 'promised_work', 'observed_work_attempted', 'observed_work'],
    ]);
  });

  it('refuses to boot with a synchronous method, before which nothing can be stored, and names it', async () => {
    const refused = boot({ onFailure: 'closed' }, memory, SynchronousWork);

    await expect(refused).rejects.toMatchObject({ code: 'AUDIT_OPTIONS_INVALID' });
    await expect(refused).rejects.toThrow(/SynchronousWork\.run: onFailure is closed for synchronous_work/);
  });

  it('refuses to run such a method of a class that the boot did not see', async () => {
    await boot({ onFailure: 'closed' }, memory);

    expect(() => new SynchronousWork().run()).toThrow(/closed for synchronous_work/);
    expect(seenAtStart).toEqual([]);
  });

  it('refuses to boot where no provider is waited for', async () => {
    await expect(boot({ onFailure: 'closed' }, new BackgroundProvider())).rejects.toThrow(
      /does not wait for any enabled audit provider/,
    );
  });
});

import { afterEach, describe, expect, it } from '@jest/globals';
import { Inject, Injectable, Module } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { AuditAggregator, AuditedTransaction, AuditModule } from '../../src/audit/index.js';
import { AuditTestingModule, InMemoryAuditProvider } from '../../src/audit/testing/index.js';

@Injectable()
class Steps {
  constructor(@Inject(AuditAggregator) private readonly audit: AuditAggregator) {}

  @AuditedTransaction()
  async nested(): Promise<void> {
    await this.audit.record('inner_done');
  }

  @AuditedTransaction('note_writing', { resource: () => ({ type: 'note', id: 'a' }) })
  async write(fails: boolean): Promise<void> {
    await this.audit.record('step_done');
    await this.nested();
    if (fails) throw new Error('refused');
  }
}

describe('an application with @AuditedTransaction, but no transactions', () => {
  const closers: (() => Promise<void>)[] = [];
  afterEach(() => Promise.all(closers.splice(0).map((close) => close())));

  it('does not start, and names the method and what to write', async () => {
    @Module({ imports: [AuditModule.forRoot({ spillDir: false })], providers: [Steps] })
    class BareModule {}
    const app = await Test.createTestingModule({ imports: [BareModule] }).compile();
    closers.push(() => app.close());
    const starting = app.init();
    await expect(starting).rejects.toMatchObject({ code: 'AUDIT_DATA_SOURCE_UNKNOWN' });
    await expect(starting).rejects.toThrow(/Steps\.nested: .*transactions: \(work\) => db\.transaction\(work\)/s);
  });

  it('starts in tests, without a database, where a failed method keeps only its failure', async () => {
    @Module({
      imports: [AuditTestingModule.forRoot()],
      providers: [{ provide: Steps, useClass: Steps }],
    })
    class UnitModule {}
    const app = await Test.createTestingModule({ imports: [UnitModule] }).compile();
    closers.push(() => app.close());
    await app.init();
    const events = (): readonly string[] => app.get(InMemoryAuditProvider).events.map(({ type }) => type);
    await app.get(Steps).write(false);
    expect([...events()].sort()).toEqual(['inner_done', 'note_writing', 'step_done']);
    app.get(InMemoryAuditProvider).clear();
    await expect(app.get(Steps).write(true)).rejects.toThrow('refused');
    expect(events()).toEqual(['note_writing_failed']);
  });
});

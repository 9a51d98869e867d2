import { describe, expect, it } from '@jest/globals';
import { Module } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { AuditModule, type AuditEvent } from '../../src/audit/index.js';
import {
  AuditQuery,
  LedgerProvider,
  MonitoringModule,
  type EventQuery,
  type LedgerAccess,
  type StatsQuery,
} from '../../src/modules/monitoring/index.js';
import { kept, testDatabase } from '../support/kept.js';
import { freshKeyFile } from '../support/fresh-key-file.js';
import { sampleEvent } from '../support/sample-event.js';

const ALL: LedgerAccess = { scope: 'all' };
const PERSON: LedgerAccess = { scope: 'subject', subjectId: 'p-1' };

const database = await testDatabase();
@Module({
  imports: [
    AuditModule.forRoot({ factFields: ['label'] }),
    MonitoringModule.forRootAsync({
      useFactory: () => ({ connectionUrl: database.url, authorize: () => ALL, signingKeyFile: freshKeyFile() }),
    }),
  ],
})
class PersonalFixtureModule {}
const testing = await Test.createTestingModule({ imports: [PersonalFixtureModule] }).compile();
const app = await kept(testing.createNestApplication({ logger: false }));
await app.init();
const ledger = app.get(AuditQuery);
const user = { type: 'user', id: 'p-1', name: 'Ada' } as const;
const other = { type: 'admin', id: 'p-2', name: 'Bob' } as const;
const made = (label: string, actor: AuditEvent['actor'], email: string, age: number): AuditEvent =>
  sampleEvent({
    actor,
    resource: { type: 'user', id: 'p-1' },
    details: { email, contact: { phone: String(age) } },
    metadata: { label },
  });
await app
  .get(LedgerProvider)
  .record([made('own', user, 'ada@example.com', 40), made('of another', other, 'bob@example.com', 50)]);

const find = async (query: Partial<EventQuery>, access: LedgerAccess): Promise<unknown[]> =>
  (await ledger.find(access, { ...query, order: 'asc' })).items.map(({ metadata }) => metadata.label);

describe('comparisons with what is personal', () => {
  // What is hidden from a person has no value for them: a search cannot tell it from what is not there.
  it.each<[Partial<EventQuery>, forAll: string[], forPerson: string[]]>([
    [{ actorName: 'B*' }, ['of another'], []],
    [{ q: 'bob' }, ['of another'], []],
    [{ q: 'user/p-1 203.0.113' }, ['own', 'of another'], ['own']],
    [{ actorName: { ne: 'Bob' } }, ['own'], ['own', 'of another']],
    [{ actorName: { exists: true } }, ['own', 'of another'], ['own']],
    [{ userAgent: 'jest' }, ['own', 'of another'], ['own']],
    [{ userAgent: { ne: 'jest' } }, [], ['of another']],
    [{ ip: { ne: '203.0.113.0/24' } }, [], ['of another']],
    [{ ip: { exists: false } }, [], ['of another']],
    [{ details: { email: 'bob*' } }, ['of another'], []],
    [{ details: { email: { ne: 'bob@example.com' } } }, ['own'], ['own', 'of another']],
    [{ details: { email: { exists: true } } }, ['own', 'of another'], ['own']],
    [{ details: { email: { exists: false } } }, [], ['of another']],
    [{ details: { 'contact.phone': { gte: 50 } } }, ['of another'], []],
    [{ details: { 'contact.phone': { lt: 100 } } }, ['own', 'of another'], ['own']],
  ])('finds by %j what the reader is shown', async (query, forAll, forPerson) => {
    expect(await find(query, ALL)).toEqual(forAll);
    expect(await find(query, PERSON)).toEqual(forPerson);
  });

  it.each<[StatsQuery['by'], forAll: unknown[], forPerson: unknown[]]>([
    ['actorName', ['Ada', 'Bob'], ['Ada', null]],
    ['ip', ['203.0.113.7'], ['203.0.113.7', null]],
    ['userAgent', ['jest'], ['jest', null]],
    ['details.email', ['ada@example.com', 'bob@example.com'], ['ada@example.com', null]],
    ['details.contact.phone', ['40', '50'], ['40', null]],
    ['actorId', ['p-1', 'p-2'], ['p-1', 'p-2']],
  ])('counts by %s what the reader is shown', async (by, forAll, forPerson) => {
    const values = async (access: LedgerAccess): Promise<unknown[]> =>
      (await ledger.stats(access, { by })).groups.map(({ value }) => value);
    expect(await values(ALL)).toEqual(forAll);
    expect(await values(PERSON)).toEqual(forPerson);
  });

  it('puts nothing of a path or a value into the language of paths', async () => {
    for (const text of ['"', '\\', '") || (true', '$', '@', "'", '\u0001', 'x" || @ like_regex ".*', '\\"']) {
      for (const given of [text, `${text}*`, { ne: text }, { eq: text }]) {
        const isNot = typeof given === 'object' && 'ne' in given;
        expect(await find({ details: { email: given } }, ALL)).toEqual(isNot ? ['own', 'of another'] : []);
      }
      expect(await find({ details: { [text]: { gte: 0 } } }, ALL)).toEqual([]);
      expect(await find({ details: { [text]: { exists: true } } }, ALL)).toEqual([]);
      const { groups } = await ledger.stats(ALL, { by: `details.${text}` });
      expect(groups).toEqual([expect.objectContaining({ value: null, count: 2 })]);
    }
  });
});

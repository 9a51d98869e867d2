import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { idAt, sampleEvent } from '../../support/sample-event.js';
import { Catalogue, type AuditEvent } from '../../../src/audit/index.js';
import type { LedgerAccess } from '../../../src/modules/monitoring/access/ledger-access.js';
import type { ArchiveLine } from '../../../src/modules/monitoring/archive/archive-line.js';
import { EventFilters } from '../../../src/modules/monitoring/query/event-filters.dto.js';
import { parseQuery } from '../../../src/modules/monitoring/query/parse-query.js';
import { predicatesOf, type Predicate } from '../../../src/modules/monitoring/query/predicates.js';
import {
  searchArchives,
  type SearchedArchives,
} from '../../../src/modules/monitoring/query/archived/archive-search.js';
import { loadDuckDb } from '../../../src/modules/monitoring/query/archived/duckdb.js';
import { testOf } from '../../../src/modules/monitoring/query/archived/predicate-tests.js';
import { searchedEvent, type SearchedEvent } from '../../../src/modules/monitoring/query/archived/searched-event.js';

const COUNT = 1_600;
const WORDS = [
  'plain',
  'Grüße',
  '"quoted"',
  'back\\slash',
  'tab\there',
  '12.50',
  'true',
  'x'.repeat(50),
  '\u2028',
  '%_',
];

const LINES: readonly ArchiveLine[] = Array.from({ length: COUNT }, (_, nth) => {
  const id = idAt(new Date(Date.parse('2026-01-01T00:00:00Z') + ((nth * 7_919) % COUNT) * 60_000).toISOString());
  const word = WORDS[nth % WORDS.length] ?? '';
  const event: AuditEvent = sampleEvent({
    id,
    type: nth % 3 === 0 ? 'order_created' : 'order_updated',
    tenantId: `t ${word}`,
    actor: { type: 'user', id: `u-${nth % 50}` },
    details: { nth, word, deep: [{ word }] },
  });
  return { index: nth, sealed: event, personal: { '/reason/x': word }, salt: 'AAAAAAAAAAAAAAAAAAAAAA==' };
});

let folder: string;
let place: SearchedArchives;
const asked: string[][] = [];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'archive-search-'));
  const archives = new Map<string, string>();
  for (const part of [0, 1]) {
    const path = join(folder, `${part}.gz`);
    const lines = LINES.filter(({ index }) => index % 2 === part).map((line) => `${JSON.stringify(line)}\n`);
    await writeFile(path, gzipSync(lines.join('')));
    archives.set(path, `archive-${part}`);
  }
  const erasedOf = (ids: readonly string[]): Promise<ReadonlySet<string>> => {
    asked.push([...ids]);
    return Promise.resolve(new Set());
  };
  const limits = { threads: 2, memoryMb: 256 };
  place = { duckDb: await loadDuckDb(), limits, archives, folding: 'unicode', erasedOf };
});
afterAll(() => rm(folder, { recursive: true }));

function predicatesFor(filters: object): readonly Predicate[] {
  return predicatesOf(parseQuery(EventFilters, filters), new Catalogue());
}

/** Every line as somebody sees it, by access. */
const seen = new Map<LedgerAccess, readonly SearchedEvent[]>();

/** Every line held against the predicates, without DuckDB. */
function naively(predicates: readonly Predicate[], access: LedgerAccess): readonly string[] {
  const tests = predicates.map((predicate) => testOf(predicate, 'unicode'));
  const shown = seen.get(access) ?? LINES.flatMap((line) => searchedEvent(line, access) ?? []);
  seen.set(access, shown);
  return shown
    .filter((searched) => tests.every((test) => test(searched)))
    .map(({ facts }) => facts.id)
    .toSorted();
}

const ALL: LedgerAccess = { scope: 'all' };

describe('a search of archives', () => {
  it.each<[object, LedgerAccess]>([
    [{}, ALL],
    [{ details: { nth: { gte: COUNT - 10 } } }, ALL],
    [{ details: { nth: { lt: 40 } } }, ALL],
    [{ details: { nth: '17' } }, ALL],
    [{ details: { nth: { ne: '17' } }, type: 'order_created' }, ALL],
    ...WORDS.map((word): [object, LedgerAccess] => [{ details: { word } }, ALL]),
    ...WORDS.map((word): [object, LedgerAccess] => [{ details: { 'deep.word': { ne: word } } }, ALL]),
    ...WORDS.filter((word) => word.trim() !== '').map((word): [object, LedgerAccess] => [{ q: word }, ALL]),
    [{ q: 'grüsse' }, ALL],
    [{ q: 'PLAIN' }, ALL],
    [{ actorId: ['u-1', 'u-4*'] }, ALL],
    [{ type: 'order_c*', from: '2026-01-02', to: '2026-01-03' }, ALL],
    [{}, { scope: 'tenants', tenantIds: ['t "quoted"', 't back\\slash'] }],
    [{}, { scope: 'tenants', tenantIds: [] }],
    [{}, { scope: 'subject', subjectId: 'u-7' }],
    [{ details: { word: 'nowhere' } }, ALL],
  ])('finds for %j and %j what each line by itself says, page by page, in both orders', async (filters, access) => {
    const predicates = predicatesFor(filters);
    const all = naively(predicates, access);
    for (const order of ['asc', 'desc'] as const) {
      const expected = order === 'asc' ? all : all.toReversed();
      const found: string[] = [];
      for (let pages = 0; pages < 3; pages++) {
        const page = await searchArchives({ access, predicates, order, after: found.at(-1), most: 51 }, place);
        found.push(...page.map(({ event }) => event.id));
      }
      expect(found).toEqual(expected.slice(0, 153));
    }
  });

  it('says which archive an event is from, and finds one by its id', async () => {
    const { sealed, index } = LINES[1_321] ?? LINES[0] ?? fail();
    const [event, ...others] = await searchArchives(
      { access: ALL, predicates: [], order: 'asc', id: sealed.id, most: 9 },
      place,
    );
    expect([event?.event.id, event?.index, event?.archive, others]).toEqual([
      sealed.id,
      index,
      `archive-${index % 2}`,
      [],
    ]);
  });

  it('asks of events that pass whether they were erased, and of no others', async () => {
    asked.length = 0;
    const predicates = predicatesFor({ details: { nth: ['5', '6'] } });
    await searchArchives({ access: ALL, predicates, order: 'asc', most: 51 }, place);
    expect(new Set(asked.flat())).toEqual(new Set([LINES[5]?.sealed.id, LINES[6]?.sealed.id]));
  });
});

function fail(): never {
  throw new Error('there are no lines');
}

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { AuditEvent } from '../../../src/audit/index.js';
import { Catalogue } from '../../../src/audit/nest-free.js';
import { verifyLedger } from '../../../src/monitoring/proof/verify/verify-ledger.js';
import { exportFilters } from '../../../src/cli/commands/export.command.js';
import { conditionsOf } from '../../../src/monitoring/read/query/filter-sql.js';
import { SqlValues } from '../../../src/monitoring/read/query/sql-values.js';
import { command } from '../../../src/rooms/report/commands/report.command.js';
import { FRAMEWORKS } from '../../../src/rooms/report/frameworks/regulations.js';
import type { Result } from '../../../src/rooms/report/check.js';
import type { Report, ReportRequest } from '../../../src/rooms/report/report.js';
import { reportHtml } from '../../../src/rooms/report/report-html.js';
import { readLogins } from '../../../src/rooms/report/read-application.js';
import { generateKeyPair } from '../../../src/monitoring/proof/log/notes/note-key.js';
import { parseSigningKey } from '../../../src/monitoring/proof/log/notes/note-signer.js';
import { formatSignatureLine, parseNote, signNote } from '../../../src/monitoring/proof/log/notes/signed-note.js';
import type { CheckpointSigner } from '../../../src/monitoring/proof/signing/checkpoint-signer.service.js';
import { STORED_EVENTS } from '../../support/stored-events.js';
import {
  createTestDatabase,
  eventually,
  makeSigner,
  runSql,
  tempFolder,
  type TestDatabase,
  withClient,
} from '../../support/index.js';
import {
  BAD_SETTINGS,
  erasureRequest,
  eventOf,
  EVERYTHING,
  frameworkOf,
  GOOD_SETTINGS,
  makeLedger,
  NOBODYS,
  makeBadLedger,
  makeGoodLedger,
  makeLedgerOfRows,
  makeLedgerThatIsAhead,
  makeShrunkLedger,
  outsideOf,
  reportOn,
  verificationOf,
} from '../../support/report-scene.js';

type Ledger = 'good' | 'behind' | 'bad' | 'empty' | 'rows' | 'shrunk' | 'careless' | 'long before';
type Row = readonly [string, Ledger, Result, RegExp];

const EVENTS = [
  ...['data-access', 'administration', 'log-access', 'refused', 'authentication', 'authorization', 'credentials'],
  ...['access-rights', 'logging-changes', 'system-objects', 'changes', 'errors', 'erasures', 'subject-access'],
  'operation',
].map((name) => `events.${name}`);
const OF_A_RANGE = [
  ...['content.fields', 'content.time', 'content.secrets', 'integrity.losses', 'config.alerts-answered'],
  ...['config.reviewed-daily', 'config.erased-in-time'],
];

/** Only events of people prove these checks, and nobody signs those events. */
const BY_PEOPLE = ['config.alerts-answered', 'config.reviewed-daily'];

const ROWS: readonly Row[] = [
  ...EVENTS.map((id): Row => [id, 'empty', 'cannot-tell', /no such event/]),
  ...OF_A_RANGE.map((id): Row => [id, 'long before', 'cannot-tell', /The ledger began on 2026-01-10/]),
  ...OF_A_RANGE.map((id): Row => [id, 'shrunk', 'cannot-tell', /Of \d+ events, 1 are not stored/]),
  ...OF_A_RANGE.map((id): Row => [id, 'empty', 'cannot-tell', /no event|No alert|No day|Nobody/]),
  ['content.fields', 'bad', 'not-met', /1 without an actor/],
  ['content.fields', 'behind', 'cannot-tell', /1 without a resource/],
  ['content.time', 'bad', 'not-met', /1 of \d+ events have a time after/],
  ['content.secrets', 'bad', 'not-met', /1 of \d+ events have a text in the form/],
  ['content.coverage', 'careless', 'not-met', /DELETE \/orders\/:id/],
  ['integrity.verified', 'bad', 'not-met', /tampered with: \d+ findings \(.*event_altered/],
  ['integrity.verified', 'rows', 'cannot-tell', /database names the keys.* truncated end/],
  ['integrity.signed', 'empty', 'not-met', /no signed checkpoint/],
  ['integrity.signed', 'bad', 'cannot-tell', /but differs from it/],
  ['integrity.protected', 'bad', 'not-met', /audit_event_append_only/],
  ['integrity.protected', 'rows', 'cannot-tell', /login of the application is unknown/],
  ['integrity.outside', 'bad', 'not-met', /No checkpoint was published/],
  ['integrity.outside', 'rows', 'cannot-tell', /Only unsigned rows of the database/],
  ['integrity.outside', 'behind', 'cannot-tell', /cover only/],
  ['integrity.copied', 'bad', 'not-met', /removed the rows of these streams or consumers: siem/],
  ['integrity.copied', 'rows', 'cannot-tell', /siem: the application did not sign the note/],
  ['integrity.copied', 'behind', 'cannot-tell', /most advanced stream sent only/],
  ['integrity.losses', 'bad', 'not-met', /1 times, a process reported lost events/],
  ['config.reads-recorded', 'careless', 'not-met', /recordReads is false/],
  ['config.kept-a-year', 'bad', 'not-met', /after 30 days/],
  ['config.kept-limited', 'careless', 'not-met', /they stay forever/],
  ['config.kept-limited', 'long before', 'cannot-tell', /the oldest is \d+ days old/],
  ['config.watched', 'careless', 'not-met', /watch is not set/],
  ['config.watched', 'rows', 'not-met', /never signed a cursor/],
  ['config.watched', 'behind', 'not-met', /the watch has stopped/],
  ['config.rows-captured', 'bad', 'not-met', /missing or off: captured/],
  ['config.rows-captured', 'rows', 'cannot-tell', /the log confirms another state/],
  ['config.not-lost', 'careless', 'not-met', /Without a spill/],
  ['config.not-lost', 'bad', 'not-met', /reported lost events/],
  ['config.alerts-answered', 'good', 'cannot-tell', /1 of 1 alerts are answered.* ask them/],
  ['config.reviewed-daily', 'good', 'cannot-tell', /All 2 days are signed off.* ask them/],
  ['config.alerts-answered', 'bad', 'not-met', /Nobody answered these alerts within a day/],
  ['config.reviewed-daily', 'bad', 'not-met', /1 of 3 days are not signed off: 2026-01-12/],
  ['config.erased-in-time', 'bad', 'not-met', /1 requests were not carried out within 30 days/],
];

interface Made {
  readonly make: (good: TestDatabase, signer: CheckpointSigner) => Promise<TestDatabase>;
  readonly request: Partial<ReportRequest>;
}

const LEDGERS: Readonly<Record<Exclude<Ledger, 'good'>, Made>> = {
  /** The ledger has newer events than its watchers and the outside know of. */
  behind: { make: makeLedgerThatIsAhead, request: {} },
  /** `bad` continues `behind`, since the key signs no other continuation. */
  bad: {
    make: (good, signer) => makeBadLedger(databases.get('behind') ?? good, signer),
    request: { settings: { ...GOOD_SETTINGS, retentionDays: 30 }, published: [], to: new Date('2026-01-13T00:00:00Z') },
  },
  empty: { make: () => createTestDatabase(), request: {} },
  /** Somebody changed this ledger's database, and nobody outside can contradict the database. */
  rows: {
    make: makeLedgerOfRows,
    request: { verifierKeys: [], published: [], logins: undefined },
  },
  shrunk: { make: makeShrunkLedger, request: {} },
  careless: { make: (good) => createTestDatabase({ copyOf: good }), request: { settings: BAD_SETTINGS } },
  'long before': {
    make: (good) => createTestDatabase({ copyOf: good }),
    request: { from: new Date('2025-06-01T00:00:00Z'), settings: { ...GOOD_SETTINGS, longestDays: 30 } },
  },
};

const databases = new Map<Ledger, TestDatabase>();
const reports = new Map<Ledger, Report>();
/** The logins belong to the server, so the tests must drop them. */
const LOGINS: string[] = [];

const signer = await makeSigner();
const good = await makeGoodLedger(signer);
databases.set('good', good);
const { published } = await outsideOf(good);
const verification = await verificationOf(good);
const ofGood = { settings: GOOD_SETTINGS, verification };
reports.set('good', await reportOn(good, EVERYTHING, ofGood));
for (const [name, { make, request }] of Object.entries(LEDGERS) as [Ledger, Made][]) {
  const database = await make(good, signer);
  databases.set(name, database);
  const known = name === 'behind' ? { published } : {};
  reports.set(name, await reportOn(database, EVERYTHING, { settings: GOOD_SETTINGS, ...known, ...request }));
}
afterAll(async () => {
  for (const login of LOGINS) await runSql(good.superuserUrl, `DROP OWNED BY ${login}; DROP ROLE ${login}`);
  await Promise.all([...databases.values()].map((database) => database.drop()));
});

function checkOf(ledger: Ledger, id: string) {
  return reports.get(ledger)?.checks.find((check) => check.id === id);
}

describe('each check of a report', () => {
  it.each([...new Set(ROWS.map(([id]) => id))])(
    'passes, or has evidence for a person where it only counts: %s',
    (id) => {
      const result = EVENTS.includes(id) || BY_PEOPLE.includes(id) ? 'cannot-tell' : 'met';
      expect(checkOf('good', id)).toMatchObject({ result });
    },
  );

  it.each(ROWS)('%s does not pass in a ledger that is %s: %s', (id, ledger, result, why) => {
    const check = checkOf(ledger, id);
    expect(check?.answer).toMatch(why);
    expect(check?.result).toBe(result);
    expect(result).not.toBe('met');
  });

  it.each(['good', 'bad'] as const)(
    'that counts events has filters with which the command export writes these events: %s',
    async (ledger) => {
      const { checks = [], scope } = reports.get(ledger) ?? {};
      const counting = checks.filter(({ filters, figures }) => filters && figures.events !== undefined);
      expect(counting.length).toBeGreaterThan(15);
      await withClient(databases.get(ledger)?.url ?? '', async (client) => {
        await client.query(`SET audit.reads = 'all'`);
        for (const { id, filters = [], figures } of counting) {
          const values = new SqlValues();
          const how = { access: { scope: 'all' }, values, meaning: new Catalogue() } as const;
          const conditions = filters.map((filter) => conditionsOf(exportFilters(filter.split(' '), false), how));
          const { rows } = await client.query<{ events: number }>(
            `SELECT count(*)::int AS events FROM audit_event WHERE id IN (SELECT event_id FROM audit_leaf WHERE index < ${scope?.size ?? 0})
                AND id >= audit_event_first_id('${scope?.from ?? ''}') AND id < audit_event_first_id('${scope?.to ?? ''}')
                AND (${conditions.map((all) => ['true', ...all].join(' AND ')).join(' OR ')})`,
            [...values.list],
          );
          expect([id, rows[0]?.events]).toEqual([id, figures.events]);
        }
      });
    },
  );
});

describe('a clause', () => {
  it('takes the worst of its checks', async () => {
    const { clauses, checks } = await reportOn(good, 'pci-dss-4.0.1', {
      ...ofGood,
      settings: { ...GOOD_SETTINGS, recordReads: false },
    });
    expect(checks.find(({ id }) => id === 'events.log-access')?.result).toBe('cannot-tell');
    expect(clauses.find(({ id }) => id === '10.2.1.3')).toMatchObject({ result: 'not-met' });
  });

  it.each(FRAMEWORKS.map(({ id }) => [id]))(
    'of %s has only met checks in a good ledger, and those that a person has to judge',
    async (framework) => {
      const { checks } = await reportOn(good, framework, ofGood);
      const isForPeople = (id: string) => /^(events|person)\./.test(id) || BY_PEOPLE.includes(id);
      const others = checks.filter(({ id, result }) => result !== (isForPeople(id) ? 'cannot-tell' : 'met'));
      expect(others).toEqual([]);
    },
  );

  it.each([
    ['a superuser', () => good.superuserUrl, /is a superuser/],
    ['the owner of the tables', () => good.url, /acts for app, the owner/],
    [
      'a login that somebody let change events',
      // The grant is in this database alone: other specs look for such logins in their databases.
      () => privileged('audit_reader', (login) => `GRANT UPDATE ON ALL TABLES IN SCHEMA public TO ${login}`),
      /may change audit_act, audit_ch/,
    ],
    ['a login that can become a superuser', () => privileged('pg_write_server_files'), /is a superuser/],
  ] as const)('says that somebody can change the log where the application is %s', async (_, urlOf, why) => {
    const url = await urlOf();
    const logins = await readLogins({ signingKeyFile: '', checkpointMemory: '', origin: '', connectionUrl: url }, url);
    const { clauses, checks } = await reportOn(good, 'pci-dss-4.0.1', { ...ofGood, logins });
    expect(clauses.find(({ id }) => id === '10.3.2')).toMatchObject({ result: 'not-met' });
    expect(checks.find(({ id }) => id === 'integrity.protected')?.answer).toMatch(why);
  });

  it('lacks evidence of options without an application', async () => {
    const { clauses, notes } = await reportOn(good, 'pci-dss-4.0.1', { verification });
    expect(clauses.find(({ id }) => id === '10.2.1.3')).toMatchObject({ result: 'cannot-tell' });
    expect(clauses.find(({ id }) => id === '10.4.1.1')).toMatchObject({ result: 'cannot-tell' });
    expect(notes.join(' ')).toContain('No application was given');
  });
});

describe('a cosigned checkpoint', () => {
  const [witness, stranger] = ['witness.example/w1', 'witness.example/w2'].map((name) =>
    generateKeyPair(name, { type: 'cosignature' }),
  );

  it.each([
    ['a witness of the application', witness?.verifierKey, 'met', /outside the database cover/],
    ['a stranger', stranger?.verifierKey, 'cannot-tell', /Only unsigned rows of the database/],
  ] as const)('is known outside where it is of %s', async (_, key, result, why) => {
    const { published } = await outsideOf(good);
    const [note = ''] = published;
    const signers = [parseSigningKey(witness?.signingKey ?? '')];
    const [cosignature] = parseNote(signNote(parseNote(note).text, signers)).signatures;
    const database = await createTestDatabase({ copyOf: good });
    const add = `INSERT INTO audit_cosignature (size, witness_name, key_id, line) SELECT max(size), 'w1', 7, $1 FROM audit_checkpoint`;
    await database.superuserSql(add, [cosignature && formatSignatureLine(cosignature)]);
    const request = { settings: GOOD_SETTINGS, published: [], witnessKeys: [key ?? ''] };
    const { checks } = await reportOn(database, EVERYTHING, request);
    const check = checks.find(({ id }) => id === 'integrity.outside');
    expect(check).toMatchObject({ result, answer: expect.stringMatching(why) });
    await database.drop();
  });
});

it('the times of a report are those of sealed events, whatever a row says of when a checkpoint was signed', async () => {
  const [asOf, altered] = [reports.get('good')?.scope.asOf, reports.get('rows')?.scope.asOf];
  expect(altered).toBe(asOf);
  const whole = { from: undefined, to: undefined, settings: GOOD_SETTINGS };
  const { from, to } = (await reportOn(databases.get('rows') ?? good, 'soc2', whole)).scope;
  expect([from, Date.parse(to)]).toEqual(['2026-01-10T12:00:00.000Z', Date.parse(String(asOf)) + 1]);
});

/** The requests, alerts and views are of noon, 10 January. */
const EARLY = '2026-01-10T01:00:00.000Z';
const IN_TIME = '2026-01-11T11:00:00.000Z';
const NEXT_DAY = '2026-01-11T13:00:00.000Z';
const NEXT_WEEK = '2026-01-18T13:00:00.000Z';
const NEXT_MONTH = '2026-02-10T12:00:00.000Z';
const DAY = { from: new Date('2026-01-10T00:00:00Z'), to: new Date('2026-01-11T00:00:00Z') };

const SYSTEM = { type: 'system' } as const;
const ALERT = eventOf('alert_raised', { actor: SYSTEM, category: 'alert' });
const OTHER_ALERTS = Array.from({ length: 29 }, () => eventOf('alert_raised', { actor: SYSTEM }));
const VIEWED = eventOf('data_viewed');
const REQUEST = erasureRequest('e-1');

const answered = (occurredAt: string, fields: Partial<AuditEvent> = {}): AuditEvent =>
  eventOf('alert_acknowledged', { occurredAt, resource: { type: 'audit_alert', id: ALERT.id }, ...fields });
const signedOff = (occurredAt: string): AuditEvent =>
  eventOf('review_signed_off', { occurredAt, tenantId: NOBODYS, details: { day: '2026-01-10' } });
const erased = (occurredAt: string, erasureId = 'e-1'): AuditEvent =>
  eventOf('audit_subject_erased', { occurredAt, resource: { type: 'user', id: 'u-1' }, details: { erasureId } });
const later = (occurredAt: string): AuditEvent => eventOf('data_viewed', { occurredAt });

const TIMED = ['config.alerts-answered', 'config.reviewed-daily', 'config.erased-in-time'];

interface Times {
  readonly events: readonly AuditEvent[];
  readonly after?: readonly AuditEvent[];
  readonly isForged?: boolean;
  readonly alerts?: object;
  readonly review?: object;
  readonly erasure?: object;
}

it.each<[string, Times]>([
  [
    'on the next day',
    {
      events: [ALERT, answered(IN_TIME), REQUEST, erased(NEXT_DAY)],
      alerts: { result: 'cannot-tell', figures: { raised: 1, open: 0, late: 0 } },
      erasure: { result: 'met', figures: { late: 0 } },
    },
  ],
  [
    'too late, or just in time for a review',
    {
      events: [ALERT, answered(NEXT_DAY), VIEWED, signedOff(NEXT_DAY), REQUEST, erased(NEXT_MONTH)],
      alerts: { result: 'not-met', figures: { raised: 1, open: 0, late: 1 } },
      review: { result: 'cannot-tell', figures: { days: 1, signedOff: 1, late: 0 } },
      erasure: { result: 'not-met', figures: { late: 1 } },
    },
  ],
  [
    'by nobody, a week later, and for somebody else',
    {
      events: [ALERT, ...OTHER_ALERTS, VIEWED, signedOff(NEXT_WEEK), REQUEST, erased(NEXT_MONTH, 'e-2')],
      alerts: { result: 'not-met', figures: { raised: 30, open: 30, late: 30 } },
      review: { result: 'cannot-tell', figures: { days: 1, signedOff: 1, late: 1 } },
      erasure: { result: 'not-met', figures: { late: 1 } },
    },
  ],
  [
    'by nobody while there is time, and after a dry run',
    {
      events: [ALERT, erasureRequest('e-1', { dryRun: true })],
      alerts: { result: 'cannot-tell', figures: { raised: 1, open: 1, late: 0 } },
      erasure: { result: 'cannot-tell', figures: { requested: 0, late: 0 } },
    },
  ],
  [
    'by a program, and for somebody else, while there is time',
    {
      events: [ALERT, answered(IN_TIME, { actor: SYSTEM }), REQUEST, erased(IN_TIME, 'e-2')],
      alerts: { result: 'cannot-tell', figures: { raised: 1, open: 1, late: 0 } },
      erasure: { result: 'cannot-tell', figures: { late: 0 } },
    },
  ],
  [
    'at a time that they only state, before the day was over, and without an act of the log',
    {
      events: [
        ...[ALERT, { ...answered(NEXT_DAY), occurredAt: IN_TIME }, VIEWED, signedOff(EARLY)],
        ...[REQUEST, erased(NEXT_DAY), later(NEXT_MONTH)],
      ],
      isForged: true,
      alerts: { result: 'not-met' },
      review: { result: 'not-met', figures: { days: 1, signedOff: 0, late: 0 } },
      erasure: { result: 'not-met', figures: { done: 0, late: 1 } },
    },
  ],
  [
    'at places behind later events, whatever their ids',
    {
      events: [ALERT, VIEWED, REQUEST, later('2026-02-20T12:00:00.000Z')],
      after: [answered(IN_TIME), signedOff(NEXT_DAY), erased(NEXT_DAY)],
      alerts: { result: 'not-met', figures: { late: 1 } },
      review: { result: 'cannot-tell', figures: { late: 1 } },
      erasure: { result: 'not-met', figures: { late: 1 } },
    },
  ],
])('the report takes answers, reviews and erasures %s as they are', async (_, scene) => {
  const { events, alerts = {}, review = {}, erasure = {} } = scene;
  const database = await makeLedger(await makeSigner(), events, scene);
  // Without the ledger's protection, on which no time depends.
  const verification = { ...(await verifyLedger({ database: database.url })), unprotected: [] };
  const request = { settings: GOOD_SETTINGS, verification, ...DAY };
  const { checks } = await reportOn(database, frameworkOf(TIMED), request).finally(() => database.drop());
  expect(checks).toMatchObject([alerts, review, erasure]);
});

describe('the page of a report', () => {
  const pages: Report[] = [];
  beforeAll(async () => {
    for (const { id } of FRAMEWORKS) pages.push(await reportOn(good, id, ofGood));
    pages.push(...['bad', 'careless'].flatMap((ledger) => reports.get(ledger as Ledger) ?? []));
  });

  it('never says that anybody is compliant, and shows no name, address or user agent of a person', () => {
    for (const report of pages) {
      expect(`${reportHtml(report)} ${JSON.stringify(report)}`).not.toMatch(/complian/i);
      // A hash may contain the letters of the user agent.
      expect(JSON.stringify(report)).not.toMatch(/Lovelace|203\.0\.113\.7|\bjest\b/);
    }
  });

  it('says first that a scan was cut, and passes no count of events then', async () => {
    const report = await reportOn(good, 'pci-dss-4.0.1', { ...ofGood, mostEvents: 4 });
    const html = reportHtml(report);
    expect(html.indexOf('Not all events were read')).toBeLessThan(html.indexOf('<h2'));
    expect(report.notes[0]).toContain('Only the newest 4 of');
    expect(report.checks.filter(({ filters, result }) => filters && result === 'met')).toEqual([]);
  });

  it('is one without scripts and without anything from elsewhere, and shows hostile texts as texts', () => {
    const origin = '<img src=x onerror=alert(1)>"&';
    for (const report of pages) {
      const html = reportHtml({ ...report, scope: { ...report.scope, origin } });
      expect(html).toContain('&#60;img');
      // A hash in the text may end with "src=".
      expect(html).not.toMatch(
        /<script|<link|<img|<iframe|<[^>]*\son[a-z]+=["']|javascript:|@import|url\(|<[^>]*src=|https?:\/\//i,
      );
    }
  });
});

describe('the file of a report', () => {
  const mark = String(reports.get('good')?.scope.size);
  const asked = ['--framework', 'soc2', '--from', '2026-01-10', '--database-url', good.url];

  async function makeFile(name: string): Promise<string> {
    const path = join(await tempFolder('audit-report-'), name);
    expect(await command.run([...asked, '--mark', mark, '--output', path], {})).toMatchObject({
      ...{ exitCode: 0, output: expect.stringMatching(/: SOC 2.*, \d+ events of .*: not met \d+, cannot tell \d+/) },
    });
    return path;
  }

  it('is the same, byte for byte, when it is made twice of the same checkpoint, and not replaced without --force', async () => {
    // Logins belong to the whole server, and a report names them: logins of other specs come and go.
    const path = await eventually(async () => {
      const [one, other] = [await makeFile('report.html'), await makeFile('report.html')];
      return (await readFile(one, 'utf8')) === (await readFile(other, 'utf8')) && one;
    });
    expect(await readFile(path, 'utf8')).toMatch(/^<!doctype html>/);
    const { exitCode, errors } = await command.run([...asked, '--output', path], {});
    expect([exitCode, errors]).toEqual([2, expect.stringContaining('exists already')]);
  });

  it('is recorded as an export of the log, with its SHA-256', async () => {
    const written = await readFile(await makeFile('report.json'), 'utf8');
    expect(written).toMatch(/^{\n {2}"format": "nestjs-audit-ledger\/report@v1"/);
    const sha256 = createHash('sha256').update(written).digest('hex');
    const stored = `SELECT details->>'sha256' AS sha256 FROM ${STORED_EVENTS} WHERE type = 'audit_log_exported'`;
    expect(await good.superuserSql(stored)).toContainEqual({ sha256 }); // `bad` continues the log in its place
  });
});

async function privileged(role: string, grantOf?: (login: string) => string): Promise<string> {
  const login = `report_${role}_${good.name}`;
  await runSql(
    good.superuserUrl,
    `CREATE ROLE ${login} LOGIN PASSWORD 'right' IN ROLE audit_writer, audit_reader, ${role}`,
  );
  LOGINS.push(login);
  if (grantOf) await runSql(good.superuserUrl, grantOf(login));
  const url = new URL(good.url);
  Object.assign(url, { username: login, password: 'right' });
  return url.href;
}

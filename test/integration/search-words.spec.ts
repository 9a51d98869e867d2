import { describe, expect, it } from '@jest/globals';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { AuditAggregator, AuditContext, defineAuditEvents } from '../../src/audit/index.js';
import type { LedgerAccess, LedgerEvent } from '../../src/monitoring/index.js';
import { command as query } from '../../src/cli/commands/query.command.js';
import { freshKeyFile } from '../support/fresh-key-file.js';
import { closeAfterTests, keptApp, testDatabase } from '../support/close-after-tests.js';
import { startLedgerApp } from '../support/ledger-app.js';
import { captureTables, startRowChanges } from '../support/row-changes-scene.js';
import { runCommand, type CommandRun } from '../support/run-command.js';
import { tempFolder } from '../support/temp-folder.js';
import { today } from '../support/today.js';

const ADA = { type: 'user', id: 'u-1', name: 'Ada' } as const;
const ORDER = { type: 'order', id: 'o-1' } as const;

const database = await testDatabase();
const scene = await closeAfterTests(startRowChanges(database));
const audit = scene.app.get(AuditAggregator);

interface Answer {
  readonly types: readonly string[];
  readonly notes: readonly string[];
}

async function find(words: string): Promise<Answer> {
  const { exitCode, output = '' } = await query.run([words, 'order=asc', '--json', '--database-url', database.url]);
  expect(exitCode).toBe(0);
  const page = JSON.parse(output) as { readonly items: readonly { readonly type: string }[]; notes?: string[] };
  return { types: page.items.map(({ type }) => type), notes: page.notes ?? [] };
}

await today(); // one query is for the events of today
const inEmptyLedger = await find('ada');
await audit.record('order_created', { actor: ADA, resource: ORDER });
await audit.record('order_canceled', { actor: ADA, resource: ORDER });
await audit.record('order_cancellation', { actor: { type: 'user', id: 'u-2' }, resource: ORDER, outcome: 'denied' });
await audit.record('user_login_success', { actor: ADA });
await audit.record('user_login_failed', { actor: { type: 'anonymous' }, reason: 'invalid_password' });
await audit.record('user_mfa_disabled', { actor: ADA });
await audit.record('invoice_approval', { actor: ADA, resource: { type: 'invoice', id: 'i-1' } });
await audit.record('oauth_authorize', { actor: ADA });
await audit.record('user_registered', { actor: { type: 'user', id: 'u-7', name: 'Grace Hopper' } });
await audit.record('user_registered', { actor: { type: 'user', id: 'u-8', name: 'Grant Hill' } });
await audit.record('admin_user_suspension', { actor: ADA, resource: { type: 'user', id: 'u-8' } });
await audit.record('role_assignment', {
  actor: ADA,
  resource: { type: 'user', id: 'u-7' },
  details: { roleName: 'manager' },
});
await AuditContext.run({ credentialId: 'k-17' }, () =>
  audit.record('stock_adjustment', { actor: ADA, outcome: 'failure', details: { totalCents: 15_000 } }),
);
await audit.record('api_key_creation', { actor: ADA, resource: { type: 'api_key', id: 'k-17' } });

describe('the words of the sentences that the viewer shows', () => {
  it.each([
    ['cancelled', ['order_canceled']],
    ['canceled', ['order_canceled']],
    ['cancel', ['order_canceled', 'order_cancellation_denied']],
    ['Ada cancelled the order', ['order_canceled']],
    ['cancel -outcome:success', ['order_cancellation_denied']],
    ['logged in', ['user_login_success']],
    ['signed in on:today', ['user_login_success']],
    ['placed order', ['order_created']],
    ['bought', ['order_created']],
    ['order by:Ada', ['order_created', 'order_canceled']],
    ['wrong password', ['user_login_failed']],
    ['turned off the second factor', ['user_mfa_disabled']],
    ['Ada approved the invoice', ['invoice_approval']],
    ['authorised', ['oauth_authorize']],
    ['authorized', ['oauth_authorize']],
    ['changed grace role', ['role_assigned']],
    ['suspended Grant', ['admin_user_suspended']], // whose name is also a verb
    ['outcome:failure,denied since:1h', ['order_cancellation_denied', 'user_login_failed', 'stock_adjustment_failed']],
    ['about:api_key/k-17', ['stock_adjustment_failed', 'api_key_created']],
    ['credential:k-17', ['stock_adjustment_failed']],
  ])('find the events: %s', async (words, types) => {
    expect((await find(words)).types).toEqual(types);
  });
});

describe('a change past the application', () => {
  const listChanges = async (words: string): Promise<readonly unknown[]> => {
    const { output = '' } = await query.run([words, 'order=asc', '--json', '--database-url', database.url]);
    const { items } = JSON.parse(output) as { readonly items: readonly LedgerEvent[] };
    return items.map(({ details, changes }) => [details.operation, changes?.diff]);
  };

  it('is found by a name in the row, and by the words of its sentence', async () => {
    await database.sql('CREATE TABLE product (id int PRIMARY KEY, name text, price int)');
    await database.sql(`INSERT INTO product VALUES (1, 'tea', 500), (2, 'rug', 900)`);
    await captureTables(database.url, { 'public.product': { resource: 'product' } });
    await database.superuserSql('UPDATE product SET price = 1 WHERE id = 1');
    await database.superuserSql('DELETE FROM product WHERE id = 2');
    await scene.events();

    expect(await listChanges('product tea')).toEqual([['UPDATE', [{ path: '/price', from: 500, to: 1 }]]]);
    expect(await listChanges('deleted rug')).toMatchObject([['DELETE']]);
    expect(await listChanges('deleted tea')).toEqual([]);
  });
});

describe('what is not understood', () => {
  it.each([
    ['ada last tuesday', 'last tuesday is not understood. Write on:2026-11-20'],
    ['ada 27 Nov 2020', '(did you mean on:2020-11-27?)'],
    ['who deleted rug', 'who is not understood. Leave out the words of a question'],
    ['who=ada', '(did you mean who:ada?)'],
    ['on:3d', '3d is not a day, such as 2026-11-20, today or yesterday'],
    ['on:today since:3d', 'since can have only one value'],
  ])('is named, with what to write instead: %s', async (words, message) => {
    const { exitCode, errors } = await query.run([...words.split(' '), '--database-url', database.url]);
    expect([exitCode, errors]).toEqual([2, expect.stringContaining(message)]);
  });

  it('is searched as words in quotation marks', async () => {
    expect((await find('"yesterday"')).notes).toEqual(['yesterday: no event has this word']);
  });
});

describe('a query that finds nothing', () => {
  it.each([
    ['Ada canelled', 'canelled: no event has this word; did you mean cancelled?'],
    ['Ada zzzz since:-7d', 'zzzz: no event in this range of time has this word'],
    ['actor:nobody outcome:denied', 'actorId=nobody: no event matches this'],
    ['actor:u-1 outcome:denied', 'events match without outcome=denied, or without actorId=u-1'],
    ['cancelled related:order/o-9', 'related=order/o-9: no event matches this'],
    ['cancelled to:-7d', 'cancelled: no event in this range of time has this word'],
    ['type:order_canceled to:-7d', 'events match in all time'],
  ])('names the part that failed: %s', async (words, note) => {
    expect(await find(words)).toEqual({ types: [], notes: [note] });
  });

  it('never names the filter that leaves out reads of the ledger', () => {
    expect(inEmptyLedger).toEqual({ types: [], notes: ['ada: no event has this word'] });
  });
});

const NEVER = 'type=user_logni_failed: no event has ever had this type; did you mean user_login_failed?';

const signingKeyFile = freshKeyFile();

const values = await testDatabase();
const folder = await tempFolder('audit-values-');
const events = defineAuditEvents({
  kiosk_opened: {
    ...{ action: 'kiosk_opening', outcome: 'success', category: 'kiosk', severity: 'info' },
    ...{ aliases: ['kiosk_started'], compliance: ['sox'] },
  },
  user_login_failed: { action: 'user_login', outcome: 'failure', category: 'authentication', compliance: ['sox'] },
});
const authorize = (request: unknown): LedgerAccess => {
  const { headers } = request as { readonly headers: Readonly<Record<string, string>> };
  return headers['x-tenant'] === undefined ? { scope: 'all' } : { scope: 'tenants', tenantIds: [headers['x-tenant']] };
};
const { app, url } = await keptApp(
  startLedgerApp(values.url, { audit: { events }, monitoring: { authorize, signingKeyFile } }),
);
await app
  .get(AuditAggregator)
  .record('shelf_counted', { tenantId: 'acme', details: { amountCents: 1500, note: 'broken' } });

interface Found {
  readonly items: readonly { readonly type: string }[];
  readonly notes?: readonly string[];
  readonly message?: readonly string[];
}

async function get(query: string, headers: Record<string, string> = {}): Promise<Found> {
  return (await (await fetch(`${url}/audit/events?${query}`, { headers })).json()) as Found; // as the API says
}

async function command(...args: readonly string[]): Promise<CommandRun> {
  const env = { DATABASE_URL: values.url, AUDIT_SIGNING_KEY_FILE: signingKeyFile };
  return runCommand(args, { cwd: folder, env });
}

describe('a value that no event has', () => {
  it.each([
    ['type=user_logni_failed', NEVER],
    ['type=shelf_counte', 'type=shelf_counte: no event has ever had this type; did you mean shelf_counted?'],
    ['type=kiosk_opend', 'type=kiosk_opend: no event has ever had this type; did you mean kiosk_opened?'],
    ['type=zzzzzz_*', 'type=zzzzzz_*: no event has ever had a type with this prefix'],
    ['type[ne]=zzzzzz', 'type[ne]=zzzzzz: no event has ever had this type'],
    ['action=user_lgoin', 'action=user_lgoin: no event has ever had this action; did you mean user_login?'],
    ['category=kioks', 'category=kioks: no event has ever had this category; did you mean kiosk?'],
    [
      'details.note=zzz&details.amount[gt]=1000',
      'details.amount: no recent event has this field; did you mean details.amountCents?',
    ],
  ])('is answered with a note: %s', async (query, note) => {
    expect((await get(query)).notes).toEqual([note]);
  });

  it.each([
    ...['type=user_login_failed', 'type=login_failure', 'type=user_*', 'type=shelf_counted', 'category=kiosk'],
    ...['details.amountCents[lt]=5', 'details.note=whole', 'details.zzz=1'],
  ])('is none of the catalogue, of the definitions or of the ledger: %s', async (query) =>
    expect(await get(query)).not.toHaveProperty('notes'),
  );

  it('is said of the events that a reader may see', async () => {
    const own = await get('type=shelf_counted', { 'x-tenant': 'acme' });
    expect([own.items.length, own.notes]).toEqual([1, undefined]);
    const { notes } = await get('type=shelf_counted', { 'x-tenant': 'other' });
    expect(notes).toEqual(['type=shelf_counted: no event that you may see has this type']);
  });

  it('is said by the commands, and with an export', async () => {
    expect((await command('query', 'type=user_logni_failed')).errors).toContain(`note: ${NEVER}\n`);
    expect(JSON.parse((await command('query', '--json', 'type=user_logni_failed')).output)).toMatchObject({
      notes: [NEVER],
    });
    const args = ['export', '--output', join(folder, 'none.jsonl'), 'type=user_logni_failed'];
    expect((await command(...args)).errors).toContain(`note: ${NEVER}\n`);
    const { headers } = await fetch(`${url}/audit/export?type=user_logni_failed`);
    expect(headers.get('Audit-Export-Notes')).toBe(NEVER);
  });
});

it.each(['compliance=sox', 'type=kiosk_started'])(
  'commands know the tags and aliases of the application: %s',
  async (filter) => {
    const types = filter === 'type=kiosk_started' ? ['kiosk_opened'] : ['kiosk_opened', 'user_login_failed'];
    for (const type of types) await app.get(AuditAggregator).record(type);
    const found = (lines: readonly unknown[]) =>
      new Set((lines as readonly { readonly type: string }[]).map(({ type }) => type));
    const { output } = await command('query', '--json', filter);
    expect(found((JSON.parse(output) as { readonly items: readonly unknown[] }).items)).toEqual(new Set(types));
    const exported = await command('export', '--output', '-', filter);
    expect(
      found(
        exported.output
          .trim()
          .split('\n')
          .map((line) => JSON.parse(line) as unknown),
      ),
    ).toEqual(new Set(types));
    await writeFile(
      join(folder, 'retention.json'),
      '{ "days": 30, "compliance": { "sox": 400 }, "categories": { "ordr": 60 } }',
    );
    const { output: plan } = await command('retention', 'plan', '--policy', 'retention.json', '--json');
    expect(plan).toContain('categories.ordr: the catalogue has no event with this category');
    expect(JSON.parse(plan)).toMatchObject({ policy: expect.stringContaining('"kiosk_opening":400') });
  },
);

describe('a name that people try', () => {
  it.each([
    ['actor=ada', 'actor is an unknown parameter (did you mean actorId?)'],
    ['user=ada', 'user is an unknown parameter (did you mean actorId?)'],
    ['date=2026-11-20', 'date is an unknown parameter (did you mean from and to?)'],
    ['resource=order', 'resource is an unknown parameter (did you mean resourceType and resourceId?)'],
    ['order=o-17', 'order must be desc (newest first) or asc; for a record, resourceType=order&resourceId=o-17'],
    ['outcome=den', 'outcome must be one of attempted, success, failure, denied, partial (did you mean denied?)'],
  ])('leads to the right one: %s', async (query, problem) => {
    expect((await get(query)).message).toEqual([problem]);
  });

  it.each(['since=yesterday', 'from=today&to=now', 'from=yesterday&to=today'])('is a time: %s', async (query) => {
    expect(await get(query)).toHaveProperty('items');
  });
});

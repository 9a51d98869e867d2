import { describe, expect, it } from '@jest/globals';
import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AuditAggregator, defineAuditEvents } from '../../src/audit/index.js';
import type { LedgerAccess } from '../../src/monitoring/index.js';
import { keptApp, testDatabase } from '../support/kept.js';
import { freshKeyFile } from '../support/fresh-key-file.js';
import { startLedgerApp } from '../support/ledger-app.js';
import { runCommand, type CommandRun } from '../support/run-command.js';

const NEVER = 'type=user_logni_failed: no event has ever had this type; did you mean user_login_failed?';

const signingKeyFile = freshKeyFile();

const database = await testDatabase();
const folder = await mkdtemp(join(tmpdir(), 'audit-values-'));
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
  startLedgerApp(database.url, { audit: { events }, monitoring: { authorize, signingKeyFile } }),
);
await app
  .get(AuditAggregator)
  .record('shelf_counted', { tenantId: 'acme', details: { amountCents: 1500, note: 'broken' } });

interface Answer {
  readonly items: readonly { readonly type: string }[];
  readonly notes?: readonly string[];
  readonly message?: readonly string[];
}

async function get(query: string, headers: Record<string, string> = {}): Promise<Answer> {
  return (await (await fetch(`${url}/audit/events?${query}`, { headers })).json()) as Answer; // as the API says
}

async function command(...args: readonly string[]): Promise<CommandRun> {
  const env = { DATABASE_URL: database.url, AUDIT_SIGNING_KEY_FILE: signingKeyFile };
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

  it.each(['since=yesterday', 'from=today&to=now', 'from=yesterday&until=today'])('is a time: %s', async (query) => {
    expect(await get(query)).toHaveProperty('items');
  });
});

import { describe, expect, it } from '@jest/globals';
import { type AuditEvent } from '../../src/audit/index.js';
import { catalogueFactRules } from '../../src/audit/nest-free.js';
import { settingsOf, type LedgerAccess } from '../../src/monitoring/read/access/ledger-access.js';
import { insertSealed } from '../../src/monitoring/store/insert-batch.js';
import { addressWith } from '../../src/monitoring/store/sessions/ledger-address.js';
import { READER, SEQUENCER } from '../../src/monitoring/store/ledger-roles.js';
import { classify } from '../../src/monitoring/inbox/find-personal.js';
import { sealLine } from '../../src/monitoring/store/seal-row.js';
import { runSql, sampleEvent, testDatabase, withClient } from '../support/index.js';

const PERSON = { type: 'user', id: 'p-1' } as const;
const OTHER = { type: 'user', id: 'p-2' } as const;
const EVENTS: readonly AuditEvent[] = [
  sampleEvent({ type: 'a1', tenantId: 'a', actor: OTHER }),
  sampleEvent({ type: 'a2', tenantId: 'a', actor: PERSON }),
  sampleEvent({ type: 'b1', tenantId: 'b', actor: { ...OTHER, onBehalfOf: PERSON } }),
  sampleEvent({ type: 'b2', tenantId: 'b', actor: OTHER, resource: PERSON }),
  sampleEvent({ type: 'b3', tenantId: 'b', actor: OTHER, resource: { type: 'order', id: PERSON.id } }),
  sampleEvent({ type: 'quoted', tenantId: 'a","b', actor: OTHER }),
];

const database = await testDatabase();
const [names] = await database.sql(`SELECT audit_role('reader') AS reader, audit_role('sequencer') AS sealer`);
const asReader = addressWith(database.url, { ...READER.settings, role: String(names?.reader) });
const asSealer = addressWith(database.url, { ...SEQUENCER.settings, role: String(names?.sealer) });
const rows = EVENTS.map((event) => sealLine(classify(event, catalogueFactRules()), Buffer.alloc(16)));
await withClient(asSealer, (client) => client.query(insertSealed(rows)));

async function seenWith(settings: Readonly<Record<string, string>>): Promise<readonly unknown[]> {
  return withClient(asReader, async (client) => {
    await client.query('BEGIN');
    for (const [name, value] of Object.entries(settings)) {
      await client.query('SELECT set_config($1, $2, true)', [name, value]);
    }
    const { rows } = await client.query<{ type: string }>('SELECT type FROM audit_event ORDER BY type');
    await client.query('ROLLBACK');
    return rows.map(({ type }) => type);
  });
}

describe('row-level security by itself', () => {
  it.each<[LedgerAccess, string[]]>([
    [{ scope: 'all' }, ['a1', 'a2', 'b1', 'b2', 'b3', 'quoted']],
    [{ scope: 'tenants', tenantIds: ['a'] }, ['a1', 'a2']],
    [{ scope: 'tenants', tenantIds: ['b', 'c'] }, ['b1', 'b2', 'b3']],
    [{ scope: 'tenants', tenantIds: ['a","b'] }, ['quoted']],
    [{ scope: 'tenants', tenantIds: ['a}', '{b', 'NULL', '%', "a' OR true"] }, []],
    [{ scope: 'tenants', tenantIds: [] }, []],
    [{ scope: 'subject', subjectId: 'p-1' }, ['a2', 'b1', 'b2']],
    [{ scope: 'subject', subjectId: 'nobody' }, []],
  ])('shows to %j what is theirs, whatever is asked', async (access, expected) => {
    expect(await seenWith(settingsOf(access))).toEqual(expected);
  });

  it.each<[Record<string, string>]>([
    [{}],
    [{ 'audit.reads': '' }],
    [{ 'audit.reads': 'ALL' }],
    [{ 'audit.reads': 'everything' }],
    [{ 'audit.reads': 'tenants' }],
    [{ 'audit.reads': 'tenants', 'audit.reads_of': '{}' }],
    [{ 'audit.reads_of': '{a,b}' }],
    [{ 'audit.reads': 'subject' }],
    [{ 'audit.reads': 'subject', 'audit.reads_of': '' }],
  ])('shows nothing with the settings %j', async (settings) => {
    expect(await seenWith(settings)).toEqual([]);
  });

  it('shows no count, no greatest id and no existence of what it hides', async () => {
    const [row] = await runSql(
      asReader,
      `SELECT count(*)::int AS count, max(id::text) AS last, EXISTS (SELECT FROM audit_event WHERE tenant_id = 'b') AS any
         FROM audit_event`,
    );
    expect(row).toEqual({ count: 0, last: null, any: false });
  });

  it('asks no function of the reader about a row before the policy', async () => {
    // An error of the division would reveal a hidden value.
    const leaky = `SELECT type FROM audit_event WHERE 1 / (length(tenant_id) - 1) = 0`;
    await expect(runSql(asReader, leaky)).resolves.toEqual([]);
  });

  it('is left behind with the transaction', async () => {
    await withClient(asReader, async (client) => {
      await client.query("BEGIN; SET LOCAL audit.reads = 'all'; SELECT 1 FROM audit_event; COMMIT");
      expect((await client.query('SELECT FROM audit_event')).rowCount).toBe(0);
    });
  });
});

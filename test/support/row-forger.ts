import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import pg from 'pg';
import { ACTOR_TYPES, canonicalJson, OUTCOMES, type JsonValue } from '../../src/audit/nest-free.js';
import { OWN_FACTS } from '../../src/monitoring/read/access/own-events.js';
import { ACT_TYPES } from '../../src/monitoring/keep/acts/act-note.js';
import { ROW_CHANGE_TYPES } from '../../src/monitoring/read/query/records/row-change.js';
import { commitPersonal } from '../../src/monitoring/proof/sealing/seal-event.js';
import { EVENT_COLUMNS } from '../../src/monitoring/store/event-columns.js';
import { sealLine } from '../../src/monitoring/store/seal-row.js';
import { VERIFIED_TYPES } from '../../src/monitoring/store/sessions/ledger-client.js';
import { checkLine, writeLine } from '../../src/monitoring/inbox/event-line.js';
import { insertRows, packInboxRows } from '../../src/monitoring/inbox/inbox-row.js';
import { toEvent, parsePersonalPart, VERIFIED_COLUMNS } from '../../src/monitoring/store/ledger-row.js';
import { findPersonal, classify } from '../../src/monitoring/inbox/find-personal.js';
import { checkRow } from '../../src/monitoring/store/stored-rows/check-row.js';
import { ANY_CHARACTER } from './any-character.js';
import { SAMPLE_RULES } from './log-scene.js';
import { sampleEvent } from './sample-event.js';
import { createWriter } from './writers.js';
import type { TestDatabase } from './test-database.js';

const JSON_VALUE = fc.oneof(
  { weight: 6, arbitrary: fc.jsonValue({ maxDepth: 2 }) as fc.Arbitrary<JsonValue> },
  // String() and Number() throw for these values.
  {
    weight: 1,
    arbitrary: fc.constantFrom<JsonValue[]>({ toString: 1 }, [{ toString: 1 }], { valueOf: {}, toString: {} }),
  },
  { weight: 1, arbitrary: fc.constantFrom<JsonValue[]>('log_branched', '9999', '2099-01-01', 1e300, -1, 5) },
);
const TEXT = fc.oneof(
  fc.constantFrom(...', ,__proto__,a\u001b[2Jb,=1+1,",\n,🦉,../..,user,order,public.orders'.split(',')),
  fc.string({ unit: ANY_CHARACTER, maxLength: 20 }).map((text) => text.replaceAll('\0', '')),
);
const FIELDS = (
  'act,alert,baseline,before,after,change,columns,counted,count,day,diff,events,events_ids,expires,fields,filters,format,' +
  'group,matched,matchedCount,id,ids,images,imagesApart,imagesDigest,key,level,number,operation,outcome,parts,places,reason,rekeyedFrom,' +
  'rowChanges,rows,rule,rules,session,since,state,statement,storedAt,subject,table,tenants,transaction,until,user'
).split(',');
const OBJECT = fc.oneof(
  fc.dictionary(fc.oneof(fc.constantFrom(...FIELDS), TEXT), JSON_VALUE, { maxKeys: 6 }),
  fc.constant({}),
);
const CHANGES = fc.record(
  {
    before: JSON_VALUE,
    after: fc.oneof(JSON_VALUE, OBJECT),
    diff: fc.oneof(JSON_VALUE, fc.array(OBJECT, { maxLength: 3 })),
  },
  { requiredKeys: [] },
);
const POINTER = fc.constantFrom(
  ...'/details/note,/changes/after,/compliance,/index,/__proto__/x,x,,/actor/name,/type'.split(','),
);
const OWN_TYPES = [...ACT_TYPES, ...Object.keys(OWN_FACTS), ...ROW_CHANGE_TYPES];
const TYPE = fc.constantFrom(...OWN_TYPES, 'table_truncated', 'user_login', 'x');
const nullable = <Value>(value: fc.Arbitrary<Value>): fc.Arbitrary<Value | null> => fc.option(value, { freq: 1 });
const asText = (value: fc.Arbitrary<unknown>, strange = '{"a":1,"a":2}'): fc.Arbitrary<string> =>
  fc.oneof(
    { weight: 30, arbitrary: value.map((each) => canonicalJson(each)) },
    { weight: 1, arbitrary: value.map((each) => JSON.stringify(each, undefined, 1)) },
    { weight: 1, arbitrary: fc.constant(strange) },
  );
const COLUMNS = fc.record(
  {
    schema_version: fc.integer({ min: -32_768, max: 32_767 }),
    occurred_at: fc
      .date({ min: new Date('0001-01-01'), max: new Date('9999-12-31'), noInvalidDate: true })
      .map((time) => time.toISOString()),
    type: TYPE,
    action: TYPE,
    outcome: fc.constantFrom(...OUTCOMES),
    category: fc.oneof(TEXT, fc.constantFrom('data_change', 'system', 'security')),
    actor_type: fc.constantFrom(...ACTOR_TYPES),
    actor_id: nullable(TEXT),
    actor_name: nullable(TEXT),
    session_id: nullable(TEXT),
    on_behalf_of: nullable(asText(fc.record({ type: TEXT, id: TEXT, name: JSON_VALUE }), '{"type":"a","id":"b"}')),
    tenant_id: nullable(TEXT),
    resource_type: TEXT,
    resource_id: nullable(TEXT),
    request_id: nullable(TEXT),
    ip: nullable(fc.constantFrom('10.0.0.0/8', '::1', '203.0.113.7')),
    user_agent: nullable(TEXT),
    method: nullable(TEXT),
    route: nullable(TEXT),
    status_code: nullable(fc.integer({ min: -32_768, max: 32_767 })),
    duration_ms: nullable(fc.double({ min: -1e300, max: 1e300, noNaN: true })),
    trace_id: nullable(TEXT),
    changes: nullable(asText(CHANGES)),
    reason: nullable(TEXT),
    error: nullable(
      asText(fc.record({ name: TEXT, code: TEXT, message: TEXT }, { requiredKeys: [] }), '{"x":1,"x":2}'),
    ),
    details: asText(OBJECT),
    details_issues: nullable(
      asText(
        fc.array(fc.record({ path: TEXT, message: TEXT }, { requiredKeys: ['message'] }), { maxLength: 3 }),
        '[ ]',
      ),
    ),
    metadata: asText(OBJECT),
    personal_columns: nullable(fc.integer({ min: 1, max: 127 })),
    personal: nullable(asText(fc.dictionary(POINTER, JSON_VALUE, { maxKeys: 3 }))),
  },
  { requiredKeys: [] },
);
export const FORGED = fc.record({ columns: COLUMNS, isLeafRight: fc.boolean(), isCommitmentRight: fc.boolean() });
export type Forged = typeof FORGED extends fc.Arbitrary<infer Value> ? Value : never;

/** JSON columns are texts. */
export type ForgedRow = Readonly<Record<string, unknown>>;

function sampleRow(): ForgedRow {
  const event = sampleEvent();
  const sealed = sealLine(classify(event, SAMPLE_RULES), randomBytes(16));
  return Object.fromEntries(EVENT_COLUMNS.map(({ name, getValue }) => [name, getValue(sealed)]));
}

const NAMES = EVENT_COLUMNS.map(({ name }) => name);
const PARAMETERS = EVENT_COLUMNS.map(({ isJson, arrayType }, nth) => `$${nth + 1}::${isJson ? 'json' : arrayType}`);
const INSERT = `(${NAMES.join(', ')}) VALUES (${PARAMETERS.join(', ')})`;
const getValues = (row: ForgedRow): unknown[] => NAMES.map((name) => row[name] ?? null);

export class RowForger {
  private constructor(private readonly client: pg.Client) {}

  static async open({ superuserUrl }: Pick<TestDatabase, 'superuserUrl'>): Promise<RowForger> {
    const client = new pg.Client(superuserUrl);
    await client.connect();
    await client.query('CREATE TEMP TABLE forged (LIKE audit_event)');
    return new RowForger(client);
  }

  async close(): Promise<void> {
    await this.client.end();
  }

  /** Gives the event to the sealer, if an application may record it; otherwise, inserts the row past the sealer. */
  async insert({ line, ...row }: ForgedRow & { readonly line: string | undefined }): Promise<void> {
    if (line === undefined) await this.client.query(`INSERT INTO audit_event ${INSERT}`, getValues(row));
    else {
      const { text, values } = insertRows(packInboxRows([line], createWriter()));
      await this.client.query(text, values);
    }
  }

  /** `line` is the line of the row's event, if an application may record that event. */
  async finish({
    columns,
    isLeafRight,
    isCommitmentRight,
  }: Forged): Promise<ForgedRow & { readonly id: string; readonly line: string | undefined }> {
    const row: Record<string, unknown> = { ...sampleRow(), ...columns };
    const salt = randomBytes(16);
    Object.assign(row, { personal_salt: salt, personal_commitment: randomBytes(32), leaf_hash: randomBytes(32) });
    const personal = parsePersonalPart(await this.readBack(row));
    if (personal === undefined) Object.assign(row, { personal_salt: null, personal_commitment: null });
    else if (isCommitmentRight) row.personal_commitment = Buffer.from(commitPersonal(personal, salt), 'base64');
    const read = await this.readBack(row);
    const { row: leaf } = checkRow(read);
    if (leaf && isLeafRight) row.leaf_hash = leaf;
    return { ...row, id: String(row.id), line: isLeafRight ? formatLine(read) : undefined };
  }

  private async readBack(row: ForgedRow): Promise<ForgedRow> {
    await this.client.query(`INSERT INTO forged ${INSERT}`, getValues(row));
    const text = `SELECT ${VERIFIED_COLUMNS} FROM forged`;
    const { rows } = await this.client.query<ForgedRow>({ text, types: VERIFIED_TYPES });
    await this.client.query('DELETE FROM forged');
    return rows[0] ?? {};
  }
}

function formatLine(row: ForgedRow): string | undefined {
  try {
    const event = toEvent(row);
    const line = writeLine(event, findPersonal(event, SAMPLE_RULES));
    sealLine(checkLine(line), Buffer.alloc(16));
    return line;
  } catch {
    return undefined;
  }
}

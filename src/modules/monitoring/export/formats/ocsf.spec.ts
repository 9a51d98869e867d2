import { describe, expect, it } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { holdAgainstOcsf, OCSF } from '../../../../../test/support/ocsf-schema.js';
import { sampleEvent } from '../../../../../test/support/sample-event.js';
import { ACTOR_TYPES, Catalogue, OUTCOMES, SEVERITIES, type AuditEvent } from '../../../../audit/index.js';
import { OCSF_VERSION, ocsfEventOf } from './ocsf.js';
import { OCSF_CLASSES } from './ocsf-class.js';

const ORIGIN = 'example.com/log';

/** Every name of the catalogue, as it is recorded. */
const listed = JSON.parse(readFileSync('src/audit/catalogue/event-types.json', 'utf8')) as {
  readonly eventTypes: readonly { readonly name: string }[];
};
const catalogue = new Catalogue();
const LISTED_TYPES = listed.eventTypes.map(({ name }) => catalogue.resolve(name));
const LISTED_ACTIONS = [...new Set(LISTED_TYPES.map(({ action }) => action))];

/** What the published schema says against an event; an empty list for nothing. */
function problemsOf(event: unknown): readonly unknown[] {
  return holdAgainstOcsf(event).problems;
}

/** As JSON has it. */
function mapped(fields: Partial<AuditEvent> = {}): Record<string, unknown> {
  return JSON.parse(JSON.stringify(ocsfEventOf({ ...sampleEvent(fields), index: 7 }, ORIGIN))) as Record<
    string,
    unknown
  >;
}

/** What an event has at the least: no resource, request, tenant, nor anybody known. */
function bareEvent(fields: Partial<AuditEvent>): AuditEvent {
  const { id, schemaVersion, occurredAt, type, action, outcome, category, severity } = sampleEvent(fields);
  const actor = { type: 'anonymous' } as const;
  return { id, schemaVersion, occurredAt, type, action, outcome, category, severity, actor, details: {}, metadata: {} };
}

const isOf = (name: string) => (type: { readonly action: string }) => type.action === name;

describe('the OCSF event', () => {
  it.each(LISTED_ACTIONS)(
    'of %s is valid with any outcome, with everything an event has and with the least',
    (name) => {
      const types = [...OUTCOMES.map((each) => catalogue.resolve(name, each)), ...LISTED_TYPES.filter(isOf(name))];
      for (const { type, action, outcome, category } of types) {
        const facts = { type, action, outcome, category };
        expect(problemsOf(mapped(facts))).toEqual([]);
        expect(problemsOf(ocsfEventOf(bareEvent(facts), ORIGIN))).toEqual([]);
      }
    },
  );

  it('of any outcome, severity, actor, method, address and custom name is valid', () => {
    const { request } = sampleEvent();
    for (const outcome of OUTCOMES) expect(problemsOf(mapped({ outcome }))).toEqual([]);
    for (const severity of SEVERITIES) expect(problemsOf(mapped({ severity }))).toEqual([]);
    for (const type of ACTOR_TYPES) expect(problemsOf(mapped({ actor: { type } }))).toEqual([]);
    for (const method of ['GET', 'QUERY', 'graphql']) {
      expect(problemsOf(mapped({ request: { ...request, method, ip: '2001:db8::1' } }))).toEqual([]);
    }
    for (const action of ['constructor', 'x', 'invoice:export', 'toString_view']) {
      expect(problemsOf(mapped({ action, type: action, category: action }))).toEqual([]);
    }
  });

  it('is held against the version of the schema that it names', () => {
    expect(OCSF.source).toMatchObject({ version: OCSF_VERSION, licence: 'Apache-2.0' });
    const uids = Object.values(OCSF_CLASSES).map(String);
    expect(Object.keys(OCSF.classes).filter((uid) => uids.includes(uid))).toEqual([...uids].sort());
  });

  it('is refused by the schema when something required is missing, or not known', () => {
    const { metadata } = mapped();
    expect(problemsOf({ ...mapped(), metadata: undefined })).not.toEqual([]);
    expect(problemsOf({ ...mapped(), metadata: { ...(metadata as object), product: undefined } })).not.toEqual([]);
    expect(problemsOf({ ...mapped(), colour: 'red' })).not.toEqual([]);
    expect(problemsOf({ ...mapped(), activity_id: 98 })).not.toEqual([]);
    expect(problemsOf({ ...mapped(), type_uid: 300_402 })).not.toEqual([]);
    expect(problemsOf({ ...mapped(), status: 'success' })).not.toEqual([]);
    expect(problemsOf({ ...mapped(), src_endpoint: { ip: 'x' } })).not.toEqual([]);
    expect(problemsOf({ ...mapped(), entity: { type: 'order' } })).not.toEqual([]);
    expect(problemsOf({ ...mapped(), action_id: 2 })).not.toEqual([]); // of a profile that it does not name
    expect(problemsOf({ ...mapped(), metadata: { ...(metadata as object), profiles: ['trace'] } })).not.toEqual([]);
  });

  it.each([
    ['user_login', 'authentication', 3002, 1],
    ['user_logout', 'authentication', 3002, 2],
    ['user_password_change', 'authentication', 3001, 3],
    ['user_profile_update', 'user_management', 3001, 99],
    ['access', 'authorization', 3003, 1],
    ['order_creation', 'order', 3004, 1],
    ['product_deletion', 'catalog', 3004, 4],
    ['role_revocation', 'authorization', 3005, 2],
    ['webhook_receipt', 'integration', 6003, 2],
    ['data_view', 'data_access', 6005, 1],
    ['data_deletion', 'data_access', 6005, 7],
    ['invoice_export', 'custom', 6003, 99],
  ])('of %s in %s is of class %i, activity %i', (action, category, classUid, activityId) => {
    expect(mapped({ action, category })).toMatchObject({
      class_uid: classUid,
      category_uid: Math.floor(classUid / 1_000),
      activity_id: activityId,
      type_uid: classUid * 100 + activityId,
    });
  });

  it('says who, on whom, from where and with what result, and keeps the rest as unmapped', () => {
    const event = mapped({
      type: 'user_login_failed',
      action: 'user_login',
      outcome: 'denied',
      category: 'authentication',
      severity: 'critical',
      resource: { type: 'user', id: 'u-9' },
    });
    expect(event).toMatchObject({
      severity_id: 5,
      status_id: 2,
      status_detail: 'because',
      time: Date.parse('2026-11-20T08:00:00.123Z'),
      actor: { user: { uid: 'u-1', name: 'Ada', type_id: 1 }, session: { uid: 's-1' } },
      user: { uid: 'u-9' },
      src_endpoint: { ip: '203.0.113.7' },
      metadata: { version: '1.8.0', sequence: 7, tenant_uid: 'acme', transformation_info_list: [{ uid: '2' }] },
      unmapped: { onBehalfOf: { id: 'u-2' }, changes: { after: { a: 2 } }, metadata: { key: 'value' } },
    });
  });
});

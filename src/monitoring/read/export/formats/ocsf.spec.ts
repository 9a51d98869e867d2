import { describe, expect, it } from '@jest/globals';
import { buildEvents, LISTED_ACTIONS, mapped, ORIGIN } from '../../../../../test/support/ocsf-events.js';
import { holdAgainstOcsf } from '../../../../../test/support/ocsf-schema.js';
import { sampleEvent } from '../../../../../test/support/sample-event.js';
import { ACTOR_TYPES, OUTCOMES, SEVERITIES } from '../../../../audit/nest-free.js';
import { toOcsfEvent } from './ocsf.js';

function findProblems(event: unknown): readonly unknown[] {
  return holdAgainstOcsf(event).problems;
}

describe('the OCSF event', () => {
  it('of any outcome, severity, actor, method, address and custom name is valid', () => {
    const { request } = sampleEvent();
    for (const outcome of OUTCOMES) expect(findProblems(mapped({ outcome }))).toEqual([]);
    for (const severity of SEVERITIES) expect(findProblems(mapped({ severity }))).toEqual([]);
    for (const type of ACTOR_TYPES) expect(findProblems(mapped({ actor: { type } }))).toEqual([]);
    for (const method of ['GET', 'QUERY', 'graphql']) {
      expect(findProblems(mapped({ request: { ...request, method, ip: '2001:db8::1' } }))).toEqual([]);
    }
    for (const action of [
      'constructor',
      'x',
      'invoice:export',
      'toString_view',
      'session_role_grant',
      'file_sharing',
    ]) {
      expect(findProblems(mapped({ action, type: action, category: action }))).toEqual([]);
    }
  });

  it('has the recommended attributes of its class, except those that no event can fill', () => {
    const missing: Record<number, readonly string[]> = {};
    for (const event of LISTED_ACTIONS.flatMap(buildEvents)) {
      const ocsf = toOcsfEvent(event, ORIGIN);
      const before = missing[ocsf.class_uid];
      missing[ocsf.class_uid] = holdAgainstOcsf(ocsf).missing.filter((name) => before?.includes(name) ?? true);
    }
    expect(missing).toEqual({
      3001: ['observables', 'user_result'],
      3002: [
        ...['account_switch_type', 'account_switch_type_id', 'auth_protocol', 'auth_protocol_id', 'certificate'],
        ...['dst_endpoint', 'is_remote', 'logon_type', 'logon_type_id', 'observables'],
      ],
      3004: ['comment', 'entity_result', 'observables'],
      3005: ['observables'],
      6002: ['device', 'observables'],
      6003: ['dst_endpoint', 'observables'],
      6005: ['database', 'databucket', 'dst_endpoint', 'observables', 'query_info'],
      6006: ['dst_endpoint', 'observables'],
    });
  });

  it('is refused by the schema if an attribute is missing or unknown', () => {
    const { metadata } = mapped();
    expect(findProblems({ ...mapped(), metadata: undefined })).not.toEqual([]);
    expect(findProblems({ ...mapped(), metadata: { ...(metadata as object), product: undefined } })).not.toEqual([]);
    expect(findProblems({ ...mapped(), colour: 'red' })).not.toEqual([]);
    expect(findProblems({ ...mapped(), activity_id: 98 })).not.toEqual([]);
    expect(findProblems({ ...mapped(), type_uid: 300_402 })).not.toEqual([]);
    expect(findProblems({ ...mapped(), status: 'success' })).not.toEqual([]);
    expect(findProblems({ ...mapped(), src_endpoint: { ip: 'x' } })).not.toEqual([]);
    expect(findProblems({ ...mapped(), entity: { type: 'order' } })).not.toEqual([]);
    expect(findProblems({ ...mapped(), action_id: 2 })).not.toEqual([]); // `action_id` belongs to a profile that the event does not name
    expect(findProblems({ ...mapped(), metadata: { ...(metadata as object), profiles: ['trace'] } })).not.toEqual([]);
  });
});

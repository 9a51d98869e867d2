import { expect, it } from '@jest/globals';
import { resolveAuditOptions, type AuditFailurePolicy } from './audit-options.js';
import { Catalogue } from './catalogue/catalogue.js';
import type { AuditEvent } from './event/audit-event.js';
import { FailurePolicies } from './failure-policies.service.js';

const loginFailed = { type: 'user_login_failed', action: 'user_login' } as AuditEvent; // no more is looked at

it.each<[string, Readonly<Record<string, AuditFailurePolicy>>, AuditFailurePolicy | undefined, AuditFailurePolicy]>([
  ['the application', {}, undefined, 'open'],
  ['the action', { user_login: 'closed' }, undefined, 'closed'],
  ['an alias of the event type', { login_failure: 'closed' }, undefined, 'closed'],
  ['the event type before the action', { user_login: 'open', user_login_failed: 'closed' }, undefined, 'closed'],
  ['the call or the route before all', { user_login_failed: 'closed' }, 'open', 'open'],
])('the policy of an event is what holds for %s', (_what, onFailureByType, given, expected) => {
  const policies = new FailurePolicies(resolveAuditOptions({ onFailureByType }), new Catalogue([]));

  expect(policies.policyOf(loginFailed, given)).toBe(expected);
});

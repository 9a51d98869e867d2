import { fileURLToPath } from 'node:url';
import { act, at, failed, login, many, type History } from './history.js';

/** Rules of a team, made of the facts that public rules about Okta and GitHub name. */
export const PUBLIC_RULES = fileURLToPath(new URL('public-rules.yml', import.meta.url));

const okta = (minute: number, eventType: string, actorId: string, to = actorId) =>
  act(minute, 'identity_provider_event', actorId, to, { details: { source: 'okta', eventType } });
const github = (minute: number, action: string, actorId = 'octo') =>
  at(minute, 'code_host_event', {
    actor: { type: 'user', id: actorId },
    details: { source: 'github', action, org: 'acme' },
  });

/** Public shapes of attacks, in the events of Okta and GitHub, and in those of this product. */
export const PUBLIC_HISTORIES: readonly History[] = [
  {
    rule: 'okta_admin_role',
    says: 'a role of an administrator, and a password that is reset',
    events: [okta(0, 'user.account.privilege.grant', 'eve'), okta(1, 'user.account.reset_password', 'eve', 'ada')],
    alerts: ['okta_admin_role of eve'],
  },
  {
    rule: 'okta_factor_gone',
    says: 'all factors of somebody are reset, and a factor is enrolled',
    events: [
      okta(0, 'user.mfa.factor.reset_all', 'help-desk', 'ada'),
      okta(1, 'user.mfa.factor.activate', 'help-desk', 'bea'),
    ],
    alerts: ['okta_factor_gone of ada'],
  },
  {
    rule: 'okta_push_fatigue',
    says: 'five messages within ten minutes; four; and five in half an hour',
    events: [
      ...many(5, (index) => okta(index * 2, 'system.push.send_factor_verify_push', 'ada')),
      ...many(4, (index) => okta(index, 'system.push.send_factor_verify_push', 'bea')),
      ...many(5, (index) => okta(index * 7, 'system.push.send_factor_verify_push', 'cem')),
    ],
    alerts: ['okta_push_fatigue of ada'],
  },
  {
    rule: 'github_loosened',
    says: 'the second factor is not required any more; a policy is tightened',
    events: [github(0, 'org.disable_two_factor_requirement'), github(1, 'org.enable_two_factor_requirement')],
    alerts: ['github_loosened of acme'],
  },
  {
    rule: 'github_mass_deletion',
    says: 'three repositories within an hour; two, and one that is archived',
    events: [
      ...many(3, (index) => github(index * 20, 'repo.destroy', 'eve')),
      ...many(2, (index) => github(index, 'repo.destroy', 'ada')),
      github(3, 'repo.archived', 'ada'),
    ],
    alerts: ['github_mass_deletion of eve'],
  },
  {
    rule: 'distributed_spray',
    says: 'a spray by way of many proxies, as it was seen against Okta: one attempt for each account and address',
    events: many(60, (index) => failed(index / 7, `user-${index}@example.com`, { ip: `198.51.100.${index}` })),
    alerts: ['distributed_spray'],
  },
  {
    rule: 'new_administrator_deletes',
    says: 'an account that is taken over removes the other administrators',
    events: [
      ...many(10, (index) => failed(index / 10, 'eve')),
      login(2, 'eve'),
      act(3, 'role_assigned', 'id-of-eve', 'id-of-eve', { details: { roleName: 'Super Administrator' } }),
      act(5, 'user_deleted', 'id-of-eve', 'root'),
      act(6, 'user_deleted', 'id-of-eve', 'ada'),
    ],
    alerts: [
      'brute_force of eve',
      'success_after_brute_force of eve',
      'new_administrator of id-of-eve',
      'self_escalation of id-of-eve',
      'new_administrator_deletes of id-of-eve',
    ],
  },
];

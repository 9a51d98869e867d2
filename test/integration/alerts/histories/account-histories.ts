import { act, at, many, buildHistories, type History } from './history.js';

const admin = { details: { roleName: 'admin' } };
const mfa = (minute: number, name: string, id: string) => act(minute, name, id, id);
const by = (id: string) => ({ actor: { type: 'user', id } }) as const;
const record = (index: number) => ({ resource: { type: 'customer', id: `c-${index}` } });

export const ACCOUNT_HISTORIES: readonly History[] = buildHistories({
  mfa_disabled: [
    [
      'off by an administrator, and on for somebody else',
      [act(0, 'user_mfa_disabled', 'root', 'ada'), mfa(10, 'user_mfa_enabled', 'bea')],
      ['mfa_disabled of ada'],
    ],
    ['one that is not off, since that failed', [mfa(0, 'user_mfa_disable_failed', 'bea')], []],
  ],
  new_administrator: [
    [
      'by a role, by an account that is made so, and by permissions',
      [
        act(0, 'role_assigned', 'root', 'ada', admin),
        act(1, 'user_created', 'root', 'bea', { details: { roles: ['user', 'admin'] } }),
        act(2, 'permission_changed', 'root', 'cem', { details: { newPermissions: ['admin:all'] } }),
      ],
      ['new_administrator of ada', 'new_administrator of bea', 'new_administrator of cem'],
    ],
    [
      'other roles, an attempt, a failure, and the end of one',
      [
        act(0, 'role_assigned', 'root', 'ada', { details: { roleName: 'cashier' } }),
        act(1, 'role_assignment_attempted', 'root', 'ada', admin),
        act(2, 'role_assignment_failed', 'root', 'ada', admin),
        act(3, 'role_revoked', 'root', 'ada', admin),
        act(4, 'user_created', 'root', 'bea', { details: { roles: ['user'] } }),
      ],
      [],
    ],
  ],
  self_escalation: [
    [
      'a role and a permission that somebody gives to themselves',
      [
        act(0, 'role_assigned', 'ada', 'ada', { details: { roleName: 'auditor' } }),
        at(1, 'permission_changed', { ...by('bea'), details: { targetUserId: 'bea', newPermissions: ['refund'] } }),
      ],
      ['self_escalation of ada', 'self_escalation of bea'],
    ],
    [
      'a role for somebody else, one that is refused, and the end of the own one',
      [
        act(0, 'role_assigned', 'ada', 'bea', { details: { roleName: 'auditor' } }),
        act(1, 'role_assignment_failed', 'ada', 'ada', { details: { roleName: 'auditor' } }),
        act(2, 'role_revoked', 'ada', 'ada', { details: { roleName: 'auditor' } }),
        at(3, 'permission_changed', { ...by('ada'), resource: { type: 'role', id: 'ada' } }),
      ],
      [],
    ],
  ],
  token_reused: [
    [
      'a refresh token that came again',
      [
        at(0, 'token_revoked', { ...by('ada'), reason: 'token_reused', details: { tokenType: 'refresh_token' } }),
        at(0, 'suspicious_session_activity', {
          ...by('ada'),
          resource: { type: 'session', id: 's-1' },
          details: { sessionId: 's-1', activityType: 'refresh_token_reuse' },
        }),
      ],
      ['token_reused'],
    ],
    [
      'a token that came again, as the reason of the event alone says',
      [at(0, 'token_revoked', { ...by('ada'), reason: 'Reuse detected', details: { tokenType: 'refresh_token' } })],
      ['token_reused'],
    ],
    [
      'a refresh that failed, as its details alone say',
      [at(0, 'auth_token_refresh_failed', { ...by('ada'), details: { reason: 'token_reused' } })],
      ['token_reused'],
    ],
    [
      'a locked account, a token that is over, one that nobody can use again, and a log-out',
      [
        at(0, 'token_revoked', { ...by('ada'), reason: 'not reusable' }),
        at(0, 'token_revoked', { ...by('ada'), reason: 'logged out' }),
        at(0, 'suspicious_session_activity', { ...by('ada'), details: { activityType: 'repeated_failures' } }),
        at(1, 'auth_token_refresh_failed', { ...by('ada'), details: { reason: 'token_expired' } }),
        at(2, 'auth_token_refreshed', by('ada')),
      ],
      [],
    ],
  ],
  mass_export: [
    [
      'twenty exports and downloads within an hour',
      many(20, (index) => at(index * 3, index % 2 === 0 ? 'data_exported' : 'file_downloaded', by('ada'))),
      ['mass_export of ada'],
    ],
    [
      'nineteen, and one that failed; twenty of two people; twenty in more than an hour',
      [
        ...many(19, (index) => at(index, 'data_exported', by('ada'))),
        at(20, 'data_export_failed', by('ada')),
        ...many(20, (index) => at(index, 'data_exported', by(index % 2 === 0 ? 'bea' : 'cem'))),
        ...many(20, (index) => at(index * 3.2, 'data_exported', by('dan'))),
      ],
      [],
    ],
  ],
  mass_reading: [
    [
      'one record a hundred times, and ninety-nine records',
      [
        ...many(100, (index) => at(index / 11, 'data_viewed', { ...by('ada'), ...record(0) })),
        ...many(99, (index) => at(index / 11, 'data_viewed', { ...by('bea'), ...record(index) })),
      ],
      [],
    ],
  ],
});

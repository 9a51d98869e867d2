import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { Test, type TestingModule } from '@nestjs/testing';
import { AuditModule } from '../audit.module.js';
import { AuditContext } from '../context/audit-context.js';
import type { AuditEvent } from '../event/audit-event.js';
import { InMemoryAuditProvider } from '../testing/in-memory-audit.provider.js';
import { AuthAudit } from './auth-audit.service.js';
import { API_KEY_EVENTS, AUTH_RESULTS, MFA_EVENTS, OAUTH_EVENTS, type MfaFacts } from './auth-audit.types.js';

const ADA = { userId: 'u-1', sessionId: 's-1' };
const BY_ADA = { actor: { type: 'user', id: 'u-1', sessionId: 's-1' }, resource: { type: 'user', id: 'u-1' } };

describe('AuthAudit', () => {
  let module: TestingModule;
  let audit: AuthAudit;
  let memory: InMemoryAuditProvider;

  beforeAll(async () => {
    const testing = Test.createTestingModule({ imports: [AuditModule.forRoot()], providers: [InMemoryAuditProvider] });
    module = await testing.compile();
    await module.init();
    audit = module.get(AuthAudit);
    memory = module.get(InMemoryAuditProvider);
  });

  afterAll(() => module.close());
  beforeEach(() => {
    memory.clear();
  });

  function onlyEvent(): AuditEvent | undefined {
    expect(memory.events).toHaveLength(1);
    return memory.events[0];
  }

  it.each<[string, () => Promise<unknown>, object]>([
    [
      'user_login_success',
      () => audit.loginSuccess({ ...ADA, mfaUsed: true, method: 'mfa' }),
      { ...BY_ADA, details: { mfa: true, method: 'mfa' } },
    ],
    [
      'user_login_failed',
      () => audit.loginFailure({ username: 'ada', reason: 'invalid_password', attempts: 3 }),
      { actor: { type: 'anonymous' }, reason: 'invalid_password', details: { username: 'ada', attempts: 3 } },
    ],
    ['user_logout', () => audit.logout({ ...ADA, method: 'timeout' }), { details: { logoutMethod: 'timeout' } }],
    [
      'token_issued',
      () => audit.tokenIssued({ ...ADA, tokenType: 'access_token', expiresAt: new Date(0) }),
      { ...BY_ADA, details: { tokenType: 'access_token', expiresAt: '1970-01-01T00:00:00.000Z' } },
    ],
    [
      'token_revoked',
      () => audit.tokenRevoked({ ...ADA, tokenType: 'refresh_token', reason: 'reuse' }),
      { reason: 'reuse', details: { tokenType: 'refresh_token' } },
    ],
    ['auth_token_refreshed', () => audit.tokenRefresh(ADA), { ...BY_ADA, details: { sessionId: 's-1' } }],
    [
      'auth_token_refresh_failed',
      () => audit.tokenRefresh({ ...ADA, reason: 'token_expired' }),
      { outcome: 'failure', reason: 'token_expired' },
    ],
    [
      'token_validation_failed',
      () => audit.tokenValidationFailed({ tokenType: 'access_token', reason: 'token_expired' }),
      { outcome: 'failure', reason: 'token_expired', details: { tokenType: 'access_token' } },
    ],
    [
      'user_password_changed',
      () => audit.passwordChanged({ ...ADA, forced: true }),
      { ...BY_ADA, details: { forced: true, method: 'forced_reset' } },
    ],
    [
      'user_password_reset_requested',
      () => audit.passwordResetRequested({ email: 'ada@example.com', method: 'email_link' }),
      { details: { email: 'ada@example.com', method: 'email_link' } },
    ],
    ['user_password_reset_completed', () => audit.passwordResetCompleted(ADA), BY_ADA],
  ])('records %s', async (type, record, expected) => {
    await record();
    expect(onlyEvent()).toMatchObject({ type, category: 'authentication', ...expected });
  });

  it.each(OAUTH_EVENTS)('records the OAuth event %s', async (name) => {
    await audit.oauthEvent(name, { userId: 'u-1', clientId: 'c-1', scope: ['read', 'write'], grantType: 'code' });
    expect(onlyEvent()).toMatchObject({
      type: name,
      outcome: 'success',
      category: 'authentication',
      actor: { type: 'user', id: 'u-1' },
      resource: { type: 'oauth_client', id: 'c-1' },
      details: { clientId: 'c-1', scope: 'read write', grantType: 'code' },
    });
  });

  it.each(MFA_EVENTS)('records %s of a second factor', async (name) => {
    await audit.mfaEvent(name, { ...ADA, method: 'totp' });
    const canonical = name.startsWith('mfa_challenge') ? name : `user_${name}`;
    expect(onlyEvent()).toMatchObject({ type: canonical, ...BY_ADA, details: { mfaMethod: 'totp' } });
  });

  it.each(API_KEY_EVENTS)('records %s', async (name) => {
    await audit.apiKeyEvent(name, { ...ADA, apiKeyId: 'k-1', apiKeyName: 'import' });
    expect(onlyEvent()).toMatchObject({
      type: name,
      actor: BY_ADA.actor,
      resource: { type: 'api_key', id: 'k-1' },
      details: { apiKeyId: 'k-1', apiKeyName: 'import' },
    });
  });

  it('records custom events under their own names, with data, severity and error message', async () => {
    const facts = { data: { step: 'captcha' }, severity: 'critical', errorMessage: 'the provider is down' } as const;
    await audit.custom('auth.custom.event', facts);
    expect(onlyEvent()).toMatchObject({
      type: 'auth.custom.event_failed',
      action: 'auth.custom.event',
      outcome: 'failure',
      category: 'authentication',
      severity: 'critical',
      error: { message: 'the provider is down' },
      details: { step: 'captcha' },
    });
    memory.clear();
    await audit.custom('auth.custom.event', { errorMessage: 'the provider is down' });
    expect(onlyEvent()).toMatchObject({ severity: 'error' });
    memory.clear();
    await audit.custom('auth.custom.event', { data: { step: 'captcha' } });
    expect(onlyEvent()).toMatchObject({ type: 'auth.custom.event', outcome: 'success', severity: 'info' });
  });

  it.each(AUTH_RESULTS)('records an event that ended in %s as that', async (actionResult) => {
    const end = { ...ADA, actionResult } as const;
    await audit.oauthEvent('oauth_token_exchange', { ...end, clientId: 'c-1', reason: 'expired_code' });
    await audit.mfaEvent('mfa_enabled', end);
    await audit.apiKeyEvent('api_key_used', { ...end, apiKeyId: 'k-1' });
    await audit.custom('auth.custom.event', end);
    expect(memory.events.map(({ outcome }) => outcome)).toEqual(Array(4).fill(actionResult));
    expect(memory.events[0]?.reason).toBe('expired_code');
  });

  it('takes an error message without a result for a failure, and one with a result for what that says', async () => {
    const errorMessage = 'the provider is down';
    await audit.oauthEvent('oauth_authorize', { clientId: 'c-1', errorMessage });
    await audit.apiKeyEvent('api_key_used', { apiKeyId: 'k-1', errorMessage, actionResult: 'partial' });
    expect(memory.events).toMatchObject([
      { outcome: 'failure', error: { message: errorMessage } },
      { outcome: 'partial', error: { message: errorMessage } },
    ]);
  });

  it('takes who and where from the call, as scripts and workers give them, and ids that are numbers', async () => {
    const where = { ipAddress: '203.0.113.7', userAgent: 'worker/1' };
    await audit.tokenRevoked({ userId: 7, username: 'ada', sessionId: 's-1', ...where });
    await audit.loginFailure({ username: 'ada', reason: 'invalid_password', ...where });
    expect(memory.events).toMatchObject([
      { actor: { type: 'user', id: '7', name: 'ada', sessionId: 's-1' }, resource: { type: 'user', id: '7' } },
      { actor: { type: 'anonymous' }, details: { username: 'ada' } },
    ]);
    for (const { request } of memory.events) expect(request).toEqual({ ip: '203.0.113.7', userAgent: 'worker/1' });
  });

  it('leaves the session of whoever acts alone', async () => {
    const actor = { type: 'admin', id: 'root', sessionId: 's-root' } as const;
    await AuditContext.run({ actor }, () => audit.tokenRevoked({ sessionId: 's-7', username: 'ada' }));
    expect(onlyEvent()).toMatchObject({
      actor,
      resource: { type: 'session', id: 's-7' },
      metadata: { username: 'ada' },
    });
    expect(onlyEvent()?.actor.name).toBeUndefined();
  });

  it('keeps and marks what JavaScript gives that does not fit', async () => {
    const careless = { userId: 7, device: 'phone', actionResult: 'maybe', ip_address: 'here', severity: 'loud' };
    await audit.mfaEvent('mfa_enabled', careless as MfaFacts);
    const { unfitFields, ...kept } = onlyEvent()?.metadata ?? {};
    expect(kept).toEqual({ device: 'phone', actionResult: 'maybe', ipAddress: 'here', severity: 'loud' });
    expect(unfitFields).toEqual(['severity', 'device', 'actionResult', 'ipAddress']);
    memory.clear();
    await audit.logout(undefined as unknown as object);
    expect(onlyEvent()).toMatchObject({ type: 'user_logout' });
  });

  it('takes who and where from the context when it is not told', async () => {
    const actor = { type: 'user', id: 'u-2', name: 'Eve' } as const;
    await AuditContext.run({ actor, ip: '203.0.113.7' }, () => audit.passwordChanged());
    expect(onlyEvent()).toMatchObject({ actor, request: { ip: '203.0.113.7' }, details: { forced: false } });
  });
});

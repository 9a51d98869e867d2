import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { PasswordHasher } from '../../src/modules/auth/accounts/password-hasher.service.js';
import { AuthScene, PASSWORD, textOf } from '../support/auth-scene.js';
import { Authenticator } from '../support/authenticator.js';

describe('the second factor', () => {
  let scene: AuthScene;

  beforeAll(async () => {
    scene = await AuthScene.open({ AUTH_LOCKOUT_FAILURES: '3' });
  });

  afterAll(async () => {
    const leaks = await scene.leaks();
    await scene.close();
    expect(leaks).toEqual([]);
  });

  async function enabled() {
    const person = await scene.person();
    const begun = await scene.send(person.client, 'POST', '/auth/me/mfa', { password: PASSWORD });
    expect(begun.events).toMatchObject([{ type: 'user_mfa_enable_attempted', details: { mfaMethod: 'totp' } }]);
    expect(textOf(begun.body, 'otpauthUri')).toMatch(/^otpauth:\/\/totp\//);
    const authenticator = new Authenticator(textOf(begun.body, 'secret'));
    const code = await authenticator.nextCode();
    const confirmed = await scene.send(person.client, 'POST', '/auth/me/mfa/confirm', { code });
    expect(confirmed.events).toMatchObject([{ type: 'user_mfa_enabled', details: { mfaMethod: 'totp' } }]);
    const { recoveryCodes } = confirmed.body as unknown as { recoveryCodes: string[] }; // as its view says
    expect(recoveryCodes).toHaveLength(10);
    return { ...person, authenticator, code, recoveryCodes };
  }

  async function challenge(email: string): Promise<string> {
    const { status, body, events } = await scene.logIn(scene.anybody(), email);
    expect([status, body]).toEqual([200, { mfaRequired: true, challengeToken: expect.any(String) }]);
    expect(events).toMatchObject([{ type: 'user_login_attempted', reason: 'mfa_required' }]);
    return textOf(body, 'challengeToken');
  }

  const answer = (challengeToken: string, code: string) =>
    scene.send(scene.anybody(), 'POST', '/auth/login/mfa', { challengeToken, code });

  it('opens the session by a code, once', async () => {
    const { id, email, authenticator, code: used } = await enabled();
    const challengeToken = await challenge(email);
    const replayed = await answer(challengeToken, used);
    expect([replayed.status, replayed.events[0]?.reason]).toEqual([401, 'invalid_code']);
    const code = await authenticator.nextCode();
    const opened = await answer(challengeToken, code);
    expect(opened.body).toEqual({ accessToken: expect.any(String), refreshToken: expect.any(String) });
    expect(opened.events).toMatchObject([
      { type: 'user_login_success', actorId: id, details: { mfa: true, method: 'mfa' } },
      { type: 'mfa_challenge_success', actorId: id, details: { mfaMethod: 'totp' } },
    ]);
    const again = await answer(challengeToken, await authenticator.nextCode());
    expect([again.status, again.events[0]?.reason]).toEqual([401, 'challenge_invalid']);
  });

  it('takes a recovery code in place of a code, once, however it is typed', async () => {
    const { email, recoveryCodes } = await enabled();
    const code = (recoveryCodes[0] ?? '').toUpperCase().replaceAll('-', ' ');
    const opened = await answer(await challenge(email), code);
    expect(opened.events).toMatchObject([
      { type: 'user_login_success' },
      { type: 'mfa_challenge_success', details: { mfaMethod: 'recovery_code' } },
    ]);
    expect((await answer(await challenge(email), code)).events).toMatchObject([
      { type: 'mfa_challenge_failure', reason: 'invalid_code', details: { attempts: 1 } },
    ]);
  });

  it('locks the account after wrong codes, which a right password does not make forgotten', async () => {
    const { email } = await enabled();
    for (const attempts of [1, 2, 3]) {
      const wrong = await answer(await challenge(email), 'wrong');
      expect(wrong.events.at(-1)).toMatchObject({ reason: 'invalid_code', details: { attempts } });
    }
    const locked = await scene.logIn(scene.anybody(), email);
    expect([locked.status, locked.events[0]?.reason]).toEqual([401, 'locked']);
  });

  it('refuses the right password when others have locked the account while it was compared', async () => {
    const { id, email } = await scene.person();
    const hasher = scene.app.app.get(PasswordHasher, { strict: false });
    const matches = hasher.matches.bind(hasher);
    jest.spyOn(hasher, 'matches').mockImplementationOnce(async (...compared) => {
      const matched = await matches(...compared);
      await scene.sql(`UPDATE auth_user SET locked_until = now() + interval '1 minute' WHERE id = $1`, id);
      return matched;
    });
    const late = await scene.logIn(scene.anybody(), email);
    expect([late.status, late.events[0]?.reason]).toEqual([401, 'locked']);
  });

  it('takes a code once, also where both requests saw it unused', async () => {
    const { id, email, authenticator } = await enabled();
    const challenges = [await challenge(email), await challenge(email)];
    const code = await authenticator.nextCode();
    const lock = 'SELECT * FROM auth_totp WHERE user_id = $1 FOR UPDATE';
    const answers = await scene.whileLocked(lock, [id], 2, () => challenges.map((token) => answer(token, code)));
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 401]);
    expect(answers.flatMap(({ events }) => events.map(({ reason }) => reason))).toContain('invalid_code');
  });

  it('takes a recovery code once, also where both requests saw it unused', async () => {
    const { id, email, recoveryCodes } = await enabled();
    const challenges = [await challenge(email), await challenge(email)];
    const lock = 'SELECT * FROM auth_recovery_code WHERE user_id = $1 FOR UPDATE';
    const answers = await scene.whileLocked(lock, [id], 2, () =>
      challenges.map((token) => answer(token, recoveryCodes[0] ?? '')),
    );
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 401]);
  });

  it('refuses a challenge that is past its end', async () => {
    const { id, email, authenticator } = await enabled();
    const challengeToken = await challenge(email);
    await scene.sql(`UPDATE auth_one_time_token SET expires_at = now() - interval '1 s' WHERE user_id = $1`, id);
    const late = await answer(challengeToken, await authenticator.nextCode());
    expect([late.status, late.events[0]?.reason]).toEqual([401, 'challenge_expired']);
  });

  it('is not enabled twice, and is taken away by password and code', async () => {
    const { email, client, authenticator } = await enabled();
    const twice = await scene.send(client, 'POST', '/auth/me/mfa', { password: PASSWORD });
    expect([twice.status, twice.events[0]?.reason]).toEqual([409, 'already_enabled']);
    const disable = (password: string, code: string) =>
      scene.send(client, 'POST', '/auth/me/mfa/disable', { password, code });
    expect((await disable('not my password', '123456')).events[0]?.reason).toBe('wrong_password');
    expect((await disable(PASSWORD, 'wrong')).events).toMatchObject([
      { reason: 'security_check_failed', details: { attempts: 2 } },
    ]);
    const disabled = await disable(PASSWORD, await authenticator.nextCode());
    expect(disabled.events).toMatchObject([{ type: 'user_mfa_disabled', reason: 'user_request' }]);
    expect((await scene.logIn(client, email)).types).toEqual(['user_login_success']);
  });
});

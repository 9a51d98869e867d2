import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { uuidv7 } from 'uuidv7';
import { AuthScene, PASSWORD } from '../support/auth-scene.js';

const NEW_PASSWORD = 'another long secret';

describe('passwords and e-mail addresses', () => {
  let scene: AuthScene;

  beforeAll(async () => {
    scene = await AuthScene.open();
  });

  afterAll(async () => {
    const leaks = await scene.leaks();
    await scene.close();
    expect(leaks).toEqual([]);
  });

  const post = (path: string, body: object) => scene.send(scene.anybody(), 'POST', path, body);

  it('changes a password, and closes the other sessions but not this one', async () => {
    const { id, email, client } = await scene.person();
    const other = scene.anybody();
    await scene.logIn(other, email);
    const body = { currentPassword: PASSWORD, newPassword: NEW_PASSWORD };
    const { status, events } = await scene.send(client, 'POST', '/auth/me/password', body);
    expect(status).toBe(204);
    expect(events).toMatchObject([
      { type: 'all_sessions_revoked', reason: 'password_change', details: { sessionsRevokedCount: 1 } },
      {
        type: 'user_password_changed',
        resource: `user ${id}`,
        details: { initiatedBy: 'user', method: 'self_service', forced: false },
      },
    ]);
    expect((await scene.send(client, 'GET', '/auth/me')).status).toBe(200);
    expect((await scene.send(other, 'GET', '/auth/me')).status).toBe(401);
    expect((await scene.logIn(other, email, PASSWORD)).status).toBe(401);
    expect((await scene.logIn(other, email, NEW_PASSWORD)).status).toBe(200);
  });

  it('answers a wish for a reset alike, whether the address has an account or not', async () => {
    const { id, email } = await scene.person();
    const known = await post('/auth/password-reset', { email });
    const unknown = await post('/auth/password-reset', { email: 'nobody@example.com' });
    expect([unknown.status, unknown.body]).toEqual([known.status, known.body]);
    expect(known.events).toMatchObject([
      { outcome: 'success', resource: `user ${id}`, details: { email, method: 'email_link' } },
    ]);
    expect(unknown.events).toMatchObject([{ outcome: 'failure', reason: 'unknown_user' }]);
    const addressees = scene.mails.map(({ to }) => to);
    expect(addressees).toContain(email);
    expect(addressees).not.toContain('nobody@example.com');
  });

  it('resets a password once by a mailed token, unlocks the account and closes its sessions', async () => {
    const { id, email, client } = await scene.person();
    await scene.sql(`UPDATE auth_user SET failed_logins = 10, locked_until = now() + interval '1 h' WHERE id = $1`, id);
    await post('/auth/password-reset', { email });
    const body = { token: await scene.mailedToken(email, /^Reset/), newPassword: NEW_PASSWORD };
    const confirmed = await post('/auth/password-reset/confirm', body);
    expect(confirmed.events).toMatchObject([
      { type: 'all_sessions_revoked', reason: 'password_reset' },
      { type: 'user_password_reset_completed', actorId: id },
    ]);
    expect((await scene.send(client, 'GET', '/auth/me')).status).toBe(401);
    expect((await scene.logIn(client, email, NEW_PASSWORD)).status).toBe(200);
    const again = await post('/auth/password-reset/confirm', body);
    expect(again.events).toMatchObject([{ type: 'password_reset_confirm_failed', reason: 'invalid_token' }]);
  });

  it('refuses the token of a mail that is past its end, or is for something else', async () => {
    const { id, email } = await scene.person();
    const token = await scene.mailedToken(email, /^Confirm/);
    const misused = await post('/auth/password-reset/confirm', { token, newPassword: NEW_PASSWORD });
    expect([misused.status, misused.events[0]?.reason]).toEqual([400, 'invalid_token']);
    await scene.sql(`UPDATE auth_one_time_token SET expires_at = now() - interval '1 s' WHERE user_id = $1`, id);
    const late = await post('/auth/email-verification/confirm', { token });
    expect([late.status, late.events[0]?.reason]).toEqual([400, 'expired_token']);
  });

  it('changes the e-mail address once the new one is confirmed, and tells the old one', async () => {
    const { client, email: before } = await scene.person();
    const email = `${uuidv7()}@new.example.com`;
    await scene.send(client, 'POST', '/auth/me/email', { email, password: PASSWORD });
    expect((await scene.send(client, 'GET', '/auth/me')).body.email).toBe(before);
    const token = await scene.mailedToken(email, /^Confirm your new/);
    const confirmed = await post('/auth/email-change/confirm', { token });
    expect(confirmed.events).toMatchObject([
      { type: 'email_changed', changes: { before: { email: before }, after: { email } } },
    ]);
    expect((await scene.send(client, 'GET', '/auth/me')).body.email).toBe(email);
    expect(scene.mails.at(-1)).toMatchObject({ to: before, subject: expect.stringContaining('was changed') });
  });

  it('ends with a password what was asked for under it, so that a thief of it cannot take the account by his mailbox', async () => {
    const { client } = await scene.person();
    const email = `${uuidv7()}@thief.example.com`;
    await scene.send(client, 'POST', '/auth/me/email', { email, password: PASSWORD });
    const token = await scene.mailedToken(email, /^Confirm your new/);
    const change = { currentPassword: PASSWORD, newPassword: NEW_PASSWORD };
    expect((await scene.send(client, 'POST', '/auth/me/password', change)).status).toBe(204);
    const confirmed = await post('/auth/email-change/confirm', { token });
    expect([confirmed.status, confirmed.events[0]?.reason]).toEqual([400, 'invalid_token']);
  });

  it('does not take an address that got an account in the meantime', async () => {
    const { client } = await scene.person();
    const email = `${uuidv7()}@new.example.com`;
    await scene.send(client, 'POST', '/auth/me/email', { email, password: PASSWORD });
    await post('/auth/register', { email, password: PASSWORD, name: 'Eve' });
    const confirmed = await post('/auth/email-change/confirm', {
      token: await scene.mailedToken(email, /^Confirm your new/),
    });
    expect([confirmed.status, confirmed.events[0]?.reason]).toEqual([409, 'duplicate_email']);
  });
});

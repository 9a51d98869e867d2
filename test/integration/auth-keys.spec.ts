import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ApiClient } from '../support/api-client.js';
import { AuthScene, textOf } from '../support/auth-scene.js';

describe('API keys', () => {
  let scene: AuthScene;

  beforeAll(async () => {
    scene = await AuthScene.open();
  });

  afterAll(async () => {
    const leaks = await scene.leaks();
    await scene.close();
    expect(leaks).toEqual([]);
  });

  const withKey = (key: string): ApiClient => new ApiClient(scene.app.url, { 'x-api-key': key });

  it('are shown once, do what their owner may, and are recorded with every use', async () => {
    const { id, email, client } = await scene.person();
    const created = await scene.send(client, 'POST', '/auth/me/api-keys', { name: 'import' });
    const apiKeyId = textOf(created.body, 'id');
    expect(created.events).toMatchObject([
      { type: 'api_key_created', resource: `api_key ${apiKeyId}`, details: { apiKeyId, apiKeyName: 'import' } },
    ]);
    const key = withKey(textOf(created.body, 'key'));
    const used = await scene.send(key, 'PATCH', '/auth/me', { name: 'By key' });
    expect(used.events).toMatchObject([
      { type: 'api_key_used', actorId: id, resource: `api_key ${apiKeyId}`, details: { apiKeyId } },
      { type: 'user_profile_updated', actorId: id },
    ]);
    const me = await scene.send(key, 'GET', '/auth/me');
    expect(me.body.email).toBe(email);
    const list = await client.send<{ items: object[] }>('GET', '/auth/me/api-keys');
    expect(list.body.items).toEqual([
      { id: apiKeyId, name: 'import', createdAt: expect.any(String), lastUsedAt: expect.any(String) },
    ]);
  });

  it('cannot be used once they are revoked, or for what concerns the account itself', async () => {
    const { id, client } = await scene.person();
    const { body } = await scene.send(client, 'POST', '/auth/me/api-keys', { name: 'import' });
    const key = withKey(textOf(body, 'key'));
    const another = await scene.send(key, 'POST', '/auth/me/api-keys', { name: 'another' });
    expect(another.status).toBe(403);
    expect(another.events).toMatchObject([
      { type: 'api_key_used' },
      { type: 'api_key_creation_denied', reason: 'session_required', actorId: id },
    ]);
    const revoked = await scene.send(client, 'DELETE', `/auth/me/api-keys/${textOf(body, 'id')}`);
    expect(revoked.events).toMatchObject([{ type: 'api_key_revoked', details: { apiKeyName: 'import' } }]);
    const refused = await scene.send(key, 'GET', '/auth/me');
    expect(refused.status).toBe(401);
    expect(refused.events).toMatchObject([
      { type: 'token_validation_failed', reason: 'api_key_invalid', details: { tokenType: 'api_key' } },
    ]);
  });
});

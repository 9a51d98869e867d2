import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ApiClient } from '../support/api-client.js';
import { eventually } from '../support/eventually.js';
import { ADMIN, startReferenceApp, type ReferenceApp } from '../support/reference-app.js';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';
describe('x', () => {
  let database: TestDatabase; let app: ReferenceApp;
  beforeAll(async () => { database = await createTestDatabase(); app = await startReferenceApp(database.url); });
  afterAll(async () => { await app.close(); await database.drop(); });
  it('y', async () => {
    const admin = new ApiClient(app.url, {'user-agent': 'admin-browser'}); const ada = new ApiClient(app.url, {'user-agent':'ada-browser'});
    const id = String((await ada.send('POST', '/auth/register', { email: 'ada@example.com', password: 'a rather long secret', name: 'Ada' })).body.id);
    await ada.logIn('ada@example.com', 'a rather long secret');
    await admin.logIn(ADMIN.email, ADMIN.password);
    const dry = await admin.send('POST', '/audit/erasures', { subjectId: id, identifiers: ['ada@example.com'], reason: 'asked', dryRun: true });
    console.log(dry.status, JSON.stringify(dry.body));
    const real = await admin.send('POST', '/audit/erasures', { subjectId: id, identifiers: ['ada@example.com'], reason: 'asked' });
    console.log(real.status, JSON.stringify(real.body));
    await eventually(async () => { const g = await admin.send('GET', `/audit/erasures/${String(real.body.id)}`); if (g.body.state !== 'done') throw new Error(JSON.stringify(g.body)); console.log(JSON.stringify(g.body)); });
    const report = await fetch(`${app.url}/audit/subjects/${id}/report`, { headers: { authorization: `Bearer ${String(admin.token)}` } });
    console.log(report.status, await report.text());
    const html = await fetch(`${app.url}/audit/subjects/${id}/report?format=html`, { headers: { authorization: `Bearer ${String(admin.token)}` } });
    console.log(html.status, (await html.text()).slice(0, 3000));
  });
});

import { describe, expect, it } from '@jest/globals';
import { AuditAggregator, type AuditEvent } from '../../src/audit/index.js';
import { ApiClient, eventually, kept, recordSealed, sampleEvent, testDatabase } from '../support/index.js';
import { ADMIN, startReferenceApp } from '../support/reference-app.js';
import { sampleAlert } from '../support/sample-alert.js';
import { today } from '../support/today.js';

const DAY_MS = 86_400_000;
const DAY = await today();
const TOMORROW = new Date(Date.parse(DAY) + DAY_MS).toISOString().slice(0, 10);

const database = await testDatabase();
const app = await kept(startReferenceApp(database.url, { AUDIT_REVIEW: 'four-eyes', AUDIT_WATCH: 'true' }));
const admin = new ApiClient(app.url);
await admin.logIn(ADMIN.email, ADMIN.password);

/** The events bypass the aggregator, as events of any login that may add events can. */
async function forge(type: string, fields: Partial<AuditEvent>): Promise<AuditEvent> {
  const forged = sampleEvent({ type, action: type, actor: { type: 'system' }, ...fields });
  await recordSealed(app.app, database, [forged]);
  return forged;
}

describe('the events that the state of alerts and reviews depends on', () => {
  it.each([
    ['review_opened', { day: TOMORROW }],
    ['review_signed_off', { day: DAY }],
    ['alert_raised', { rule: 'brute_force' }],
    ['alert_resolved', { verdict: 'benign' }],
    ['alert_suppression_started', { rule: 'brute_force', until: '2999-01-01' }],
  ])(
    'are not recorded for an application that takes the name of an event from a request: %s',
    async (name, details) => {
      const recorded = app.app.get(AuditAggregator).record(name, { details });
      await expect(recorded).rejects.toThrow(expect.objectContaining({ code: 'AUDIT_EVENT_NAME_INVALID' }));
      await expect(recorded).rejects.toThrow(`"${name}" is an event that the ledger records itself`);
      expect(await admin.events(`type=${name}&tenantId[exists]=false&details.day=${TOMORROW}`)).toEqual([]);
    },
  );

  it('break neither the list of alerts nor the metrics when somebody stores them', async () => {
    const broken = sampleAlert(['no id'], { details: { level: 'high"}\n', rule: 'a"}\nb' } });
    await recordSealed(app.app, database, [broken]);
    const resource = { type: 'audit_alert', id: broken.id };
    await forge('alert_acknowledged', { resource, details: { level: 'high', afterSeconds: 'long' } });
    expect(await admin.send('GET', `/audit/alerts/${broken.id}`)).toMatchObject({ status: 200, body: { events: [] } });
    const metrics = async () => (await admin.download('/metrics')).text;
    await eventually(async () => (await metrics()).includes(String.raw`audit_alerts{rule="a\"}\nb",state="open"`));
    expect(await metrics()).not.toMatch(/audit_alert_\w+_seconds\{level="high\\/);
  });
});

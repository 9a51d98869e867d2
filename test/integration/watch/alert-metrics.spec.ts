import { describe, expect, it } from '@jest/globals';
import { AuditContext } from '../../../src/audit/index.js';
import { Threads, type NewReply } from '../../../src/rooms/watch/index.js';
import { eventually, kept, recordSealed } from '../../support/index.js';
import { startMetricsScene } from '../../support/metrics-scene.js';
import { sampleAlert } from '../../support/sample-alert.js';

const ACCESS = { scope: 'all', permission: 'review' } as const;

const scene = await kept(startMetricsScene());

async function raise(minutesAgo: number, details: object, type = 'alert_raised'): Promise<string> {
  const occurredAt = new Date(Date.now() - minutesAgo * 60_000).toISOString();
  const alert = sampleAlert([], { occurredAt, type, details: details as never });
  await recordSealed(scene.app, scene.database, [alert]);
  return alert.id;
}

describe('the metrics of the watch', () => {
  it('count alerts by rule and state, and say how long people take, by level', async () => {
    const answer = (id: string, given: NewReply) =>
      AuditContext.run({ actor: { type: 'user', id: 'rita' } }, () =>
        scene.app.get(Threads).reply(ACCESS, 'alert', id, given),
      );
    const [first, second] = [await raise(30, { rule: 'one' }), await raise(20, { rule: 'one' })];
    await raise(90, { rule: 'one' });
    await raise(10, { rule: 'two', level: 'critical' });
    await raise(10, { rule: 'two', level: 'critical' }, 'alert_withheld');
    await answer(first, { kind: 'acknowledge' });
    await answer(second, { kind: 'acknowledge' });
    await answer(second, { kind: 'resolve', verdict: 'benign' });

    await eventually(async () => (await scene.metric('audit_alerts', { rule: 'one', state: 'resolved' })) === 1);
    expect(await scene.metric('audit_alerts', { rule: 'one', state: 'acknowledged' })).toBe(1);
    expect(await scene.metric('audit_alerts', { rule: 'one', state: 'open' })).toBe(1);
    expect(await scene.metric('audit_alerts', { rule: 'two', state: 'open' })).toBe(1);
    expect(await scene.metric('audit_alerts', { rule: 'two', state: 'suppressed' })).toBe(1);
    const seconds = (name: string, level = 'high'): Promise<number> =>
      scene.metric(`audit_alert_${name}_seconds`, { level }).then((value) => Math.round(Number(value) / 600) * 10);
    expect(await seconds('open')).toBe(90);
    expect(await seconds('open', 'critical')).toBe(10);
    expect(await scene.metric('audit_alert_acknowledge_seconds', { level: 'critical' })).toBeUndefined();
    expect(await scene.metric('audit_alert_acknowledge_seconds', { level: 'high' })).toBeGreaterThanOrEqual(1_500); // the median of 30 and 20 minutes
    expect(await seconds('resolve')).toBe(20);
  });

  it('say how far the rules are, which are a consumer of the log', async () => {
    await scene.send();
    await eventually(async () => (await scene.metric('audit_consumer_lag_events', { consumer: 'watch' })) === 0);
  });
});

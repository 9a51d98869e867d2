import { Gauge, type Registry } from 'prom-client';
import {
  COUNTED_DAYS,
  MOST_ALERTS,
  type AlertFigures,
  type AlertFiguresReader,
} from './alerts/alert-figures.service.js';
import { watchStateOf, type WatchState } from './watch-cursor.js';
import type { WatchRunner } from './watch-runner.service.js';
import type { LedgerWatch } from '../monitoring/health/ledger-watch.service.js';
import { registerPulled, type PulledMetric } from '../monitoring/metrics/pulled-metric.js';

/** The source of the metrics; both members are `undefined` in a process that runs no rules. */
interface AlertSource {
  readonly figures: AlertFigures | undefined;
  readonly watch: WatchState | undefined;
}

const IN_DAYS = `over the answers of the last ${COUNTED_DAYS} days.`;

const ALERT_METRICS: readonly PulledMetric<AlertSource>[] = [
  byLevel('audit_alert_open_seconds', 'For how long the oldest open alert has waited for an answer.', 'openSeconds'),
  byLevel('audit_alert_acknowledge_seconds', `Median time to acknowledge an alert, ${IN_DAYS}`, 'acknowledgeSeconds'),
  byLevel('audit_alert_resolve_seconds', `Median time to resolve an alert, ${IN_DAYS}`, 'resolveSeconds'),
  {
    kind: 'gauge',
    name: 'audit_watch_lag_events',
    help: 'Sealed events that the rules of the watch have not looked at yet.',
    read: ({ watch }) => watch?.lagEvents,
  },
  {
    kind: 'gauge',
    name: 'audit_watch_looked_seconds',
    help: 'How long ago an instance last ran the rules of the watch; one does at least every 15 s.',
    read: ({ watch }) => watch?.lookedSeconds,
  },
];

/** Registers the metrics of the alerts and of the watch. They have no values in a process that runs no rules. */
export function registerAlertMetrics(
  registry: Registry,
  alerts: Pick<AlertFiguresReader, 'look'>,
  ledger: Pick<LedgerWatch, 'look'>,
  { isOn }: Pick<WatchRunner, 'isOn'>,
): void {
  const look = async (): Promise<AlertFigures | undefined> => (isOn ? alerts.look() : undefined);
  const gauge = new Gauge({
    name: 'audit_alerts',
    help: `Alerts of the last ${COUNTED_DAYS} days, the newest ${MOST_ALERTS} at most.`,
    labelNames: ['rule', 'state'],
    registers: [registry],
    collect: async () => {
      const { counts = [] } = (await look()) ?? {};
      gauge.reset();
      for (const { rule, state, alerts: count } of counts) gauge.set({ rule, state }, count);
    },
  });
  registerPulled(registry, ALERT_METRICS, async () => ({
    figures: await look(),
    watch: isOn ? watchStateOf(await ledger.look()) : undefined,
  }));
}

function byLevel(
  name: string,
  help: string,
  of: 'openSeconds' | 'acknowledgeSeconds' | 'resolveSeconds',
): PulledMetric<AlertSource> {
  return { kind: 'gauge', name, help, label: 'level', read: ({ figures }) => figures?.[of] ?? {} };
}

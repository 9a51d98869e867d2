import { Inject, Injectable } from '@nestjs/common';
import { withTimeout } from '../../../audit/nest-free.js';
import { countsAsReply } from '../../../monitoring/keep/acts/replies.js';
import { firstIdAt } from '../../../monitoring/store/id-time.js';
import { PrimaryReader } from '../../../monitoring/store/ledger-reader.service.js';
import { ALERT_TYPES, ALERT_RESOURCE } from '../alert-event.js';
import { LEVELS } from '../rules/rule.js';
import { TIMING } from '../../../monitoring/store/timing.js';
import type { Registry } from 'prom-client';
import Gauge from 'prom-client/lib/gauge.js';
import type { WatchRules } from '../watch-rules.service.js';
import { registerPulled, type PulledMetric } from '../../../monitoring/operate/metrics/pulled-metric.js';

type SecondsByLevel = Readonly<Record<string, number>>;

/** The numbers of alerts, and the times until people answer alerts. */
export interface AlertFigures {
  readonly counts: readonly { readonly rule: string; readonly state: string; readonly alerts: number }[];
  /** The age of the oldest open alert, by level. */
  readonly openSeconds: SecondsByLevel;
  /** The median time from an alert to its acknowledgement, by level. */
  readonly acknowledgeSeconds: SecondsByLevel;
  readonly resolveSeconds: SecondsByLevel;
}

const COUNTED_DAYS = 30;
/** If the ledger has more alerts, only the newest alerts are counted. */
const MOST_ALERTS = 10_000;
/** An alert has at most two answers. */
const MOST_REPLIES = 2 * MOST_ALERTS;
const MOST_COUNTS = 1_000;

/** An unknown level becomes NULL, because the level becomes a label of a metric. */
const LEVEL = `substring(details->>'level' FROM '^(?:${LEVELS.join('|')})$')`;

/** $1 is the first event id to count. */
const COUNT_ALERTS = `
  WITH raised AS MATERIALIZED (
    SELECT id, type, occurred_at, details->>'rule' AS rule, ${LEVEL} AS level FROM audit_event
     WHERE type IN ('${ALERT_TYPES.raised}', '${ALERT_TYPES.withheld}') AND outcome = 'success' AND id >= $1::uuid
     ORDER BY id DESC LIMIT ${MOST_ALERTS}),
  said AS MATERIALIZED (
    SELECT resource_id, type, ${LEVEL} AS level,
           CASE WHEN details->>'afterSeconds' ~ '^\\d{1,12}$' THEN (details->>'afterSeconds')::float8 END AS seconds FROM audit_event
     WHERE type IN ('${ALERT_TYPES.acknowledged}', '${ALERT_TYPES.resolved}') AND outcome = 'success' AND id >= $1::uuid
       AND resource_type = '${ALERT_RESOURCE}' AND ${countsAsReply('audit_event')}
     ORDER BY id DESC LIMIT ${MOST_REPLIES}),
  answered AS (SELECT resource_id, bool_or(type = '${ALERT_TYPES.resolved}') AS is_resolved FROM said GROUP BY resource_id),
  stated AS (
    SELECT rule, level, occurred_at,
           CASE WHEN type = '${ALERT_TYPES.withheld}' THEN 'suppressed' WHEN is_resolved THEN 'resolved'
                WHEN is_resolved IS NOT NULL THEN 'acknowledged' ELSE 'open' END AS state
      FROM raised LEFT JOIN answered ON resource_id = id::text),
  counted AS (SELECT rule, state, count(*) AS alerts FROM stated WHERE rule IS NOT NULL GROUP BY 1, 2 ORDER BY 3 DESC LIMIT ${MOST_COUNTS}),
  oldest AS (
    SELECT level, greatest(extract(epoch FROM clock_timestamp() - min(occurred_at)), 0)::float8 AS seconds FROM stated
     WHERE state = 'open' AND level IS NOT NULL GROUP BY 1),
  times AS (
    SELECT type, level, percentile_cont(0.5) WITHIN GROUP (ORDER BY seconds) AS seconds FROM said WHERE level IS NOT NULL AND seconds IS NOT NULL GROUP BY 1, 2)
  SELECT coalesce((SELECT json_agg(counted) FROM counted), '[]') AS counts,
         coalesce((SELECT json_object_agg(level, seconds) FROM oldest), '{}') AS "openSeconds",
         coalesce((SELECT json_object_agg(level, seconds) FROM times WHERE type = '${ALERT_TYPES.acknowledged}'), '{}') AS "acknowledgeSeconds",
         coalesce((SELECT json_object_agg(level, seconds) FROM times WHERE type = '${ALERT_TYPES.resolved}'), '{}') AS "resolveSeconds"`;

/** The pause after a count is a hundred times as long as the count, so that counting uses at most 1 % of the time. */
const PAUSE_FACTOR = 100;
const MIN_PAUSE_MS = 1_000;
const DAY_MS = 86_400_000;

/** Counts the alerts of the last 30 days, for the metrics. */
@Injectable()
export class AlertFiguresReader {
  private known: AlertFigures | undefined;
  private pausedUntilMs = 0;
  private counting: Promise<void> | undefined;

  constructor(@Inject(PrimaryReader) private readonly reader: Pick<PrimaryReader, 'eventRows'>) {}

  /**
   * Returns the newest figures; `undefined` before the first count. If the pause after the last count is over, this method counts again.
   * Never rejects; waits at most a second.
   */
  async read(): Promise<AlertFigures | undefined> {
    if (performance.now() >= this.pausedUntilMs)
      this.counting ??= this.count().finally(() => (this.counting = undefined));
    if (this.counting) await withTimeout(TIMING.scrapeMs, this.counting, () => undefined);
    return this.known;
  }

  private async count(): Promise<void> {
    const startedAt = performance.now();
    const since = firstIdAt(new Date(Date.now() - COUNTED_DAYS * DAY_MS));
    try {
      const [row] = await this.reader.eventRows({ scope: 'all' }, COUNT_ALERTS, [since]);
      this.known = row as unknown as AlertFigures; // the selected columns
    } catch {
      // other metrics report an unreachable ledger
    }
    const endedAt = performance.now();
    this.pausedUntilMs = endedAt + Math.max(MIN_PAUSE_MS, PAUSE_FACTOR * (endedAt - startedAt));
  }
}

const IN_DAYS = `over the answers of the last ${COUNTED_DAYS} days.`;

const ALERT_METRICS: readonly PulledMetric<AlertFigures | undefined>[] = [
  byLevel('audit_alert_open_seconds', 'Seconds that the oldest open alert has waited for an answer.', 'openSeconds'),
  byLevel('audit_alert_acknowledge_seconds', `Median time to acknowledge an alert, ${IN_DAYS}`, 'acknowledgeSeconds'),
  byLevel('audit_alert_resolve_seconds', `Median time to resolve an alert, ${IN_DAYS}`, 'resolveSeconds'),
];

/** Registers the metrics of the alerts. In a process without rules, these metrics have no values. */
export function registerAlertMetrics(
  registry: Registry,
  alerts: Pick<AlertFiguresReader, 'read'>,
  { isOn }: Pick<WatchRules, 'isOn'>,
): void {
  const read = async (): Promise<AlertFigures | undefined> => (isOn ? alerts.read() : undefined);
  const gauge = new Gauge({
    name: 'audit_alerts',
    help: `Alerts of the last ${COUNTED_DAYS} days, the newest ${MOST_ALERTS} at most.`,
    labelNames: ['rule', 'state'],
    registers: [registry],
    collect: async () => {
      const { counts = [] } = (await read()) ?? {};
      gauge.reset();
      for (const { rule, state, alerts: count } of counts) gauge.set({ rule, state }, count);
    },
  });
  registerPulled(registry, ALERT_METRICS, read);
}

function byLevel(
  name: string,
  help: string,
  of: 'openSeconds' | 'acknowledgeSeconds' | 'resolveSeconds',
): PulledMetric<AlertFigures | undefined> {
  return { kind: 'gauge', name, help, label: 'level', read: (figures) => figures?.[of] ?? {} };
}

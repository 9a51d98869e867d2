import { readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import * as prettier from 'prettier';
import { AuditMetrics } from '../dist/src/monitoring/operate/metrics/audit-metrics.service.js';
import { registerPulled } from '../dist/src/monitoring/operate/metrics/pulled-metric.js';
import {
  CAPTURE_METRICS,
  OUTBOX_METRICS,
  ROW_CHANGE_METRICS,
} from '../dist/src/extensions/row-changes/row-change-metrics.js';

const HEAD = ['metric', 'type', 'labels', 'meaning'];
const TABLE = /^\| metric .*(?:\n\|.*)*/m;

// The services behind the metrics are not needed: nothing is scraped.
const { registry } = new AuditMetrics({ onBatch: () => undefined });
for (const metrics of [OUTBOX_METRICS, ROW_CHANGE_METRICS, CAPTURE_METRICS])
  registerPulled(registry, metrics, () => undefined);

const rows = registry.getMetricsAsArray().map(({ name, help, labelNames, constructor }) => {
  const labels = labelNames.map((label) => `\`${label}\``).join(', ');
  return [`\`${name}\``, constructor.name.toLowerCase(), labels, help];
});
const table = [HEAD, HEAD.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
const target = fileURLToPath(new URL('../docs/reference/metrics.md', import.meta.url));
const page = (await readFile(target, 'utf8')).replace(TABLE, table);
const options = { ...(await prettier.resolveConfig(target)), parser: 'markdown' };
await writeFile(target, await prettier.format(page, options));

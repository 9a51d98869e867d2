import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Counter, Gauge, Histogram } from 'prom-client';
import { AuditMetrics } from '../../src/modules/monitoring/index.js';
import { startMetricsScene, type MetricsScene } from '../support/metrics-scene.js';

const ROW = /^\| `(audit_\w+)` +\| (\w+) +\| ([^|]*?) *\| (.*?) *\|$/gm;

let scene: MetricsScene;

beforeAll(async () => {
  scene = await startMetricsScene('express');
});
afterAll(async () => {
  await scene.close();
});

function served(): readonly { readonly name: string; readonly kind: string; readonly help: string }[] {
  return scene.app
    .get(AuditMetrics)
    .registry.getMetricsAsArray()
    .map((metric) => ({ name: metric.name, kind: kindOf(metric), help: metric.help }));
}

function kindOf(metric: object): string {
  if (metric instanceof Counter) return 'counter';
  if (metric instanceof Gauge) return 'gauge';
  return metric instanceof Histogram ? 'histogram' : 'unknown';
}

describe('docs/reference/metrics.md', () => {
  it('lists every metric with its type and meaning, and no other', async () => {
    const page = await readFile('docs/reference/metrics.md', 'utf8');
    const listed = [...page.matchAll(ROW)].map(([, name, kind, , help]) => ({ name, kind, help }));

    expect(listed).toEqual(served());
  });
});

describe('the alerts of the guide on operating', () => {
  it('are about metrics that there are', async () => {
    const guide = await readFile('docs/guides/operations.md', 'utf8');
    const alerts = guide.slice(guide.indexOf('## Alerts worth having'), guide.indexOf('## The spill'));
    const names = new Set(served().flatMap(({ name, kind }) => (kind === 'histogram' ? [`${name}_bucket`] : [name])));
    const used = [...alerts.matchAll(/\baudit_\w+/g)].map(([name]) => name);

    expect(used.length).toBeGreaterThan(10);
    expect(used.filter((name) => !names.has(name))).toEqual([]);
  });
});

import { setImmediate } from '../../../audit/nest-free.js';
import type { Registry } from 'prom-client';
import Counter from 'prom-client/lib/counter.js';
import Gauge from 'prom-client/lib/gauge.js';

/** A number, or one number for each value of the metric's label. A metric whose value is `undefined` is not shown. */
export type ObservedValue = number | undefined | Readonly<Record<string, number | undefined>>;

/** A metric whose value is read only when Prometheus scrapes the metrics. */
export interface ObservableMetric<Source> {
  readonly kind: 'counter' | 'gauge';
  readonly name: string;
  readonly help: string;
  /** The label that distinguishes the values; absent if the metric has only one value. */
  readonly label?: string;
  readonly read: (source: Source) => ObservedValue;
}

/** Describes a value that can rise and fall. @param label see {@link ObservableMetric} */
export function gauge<Source>(
  name: string,
  help: string,
  read: ObservableMetric<Source>['read'],
  label?: string,
): ObservableMetric<Source> {
  return { kind: 'gauge', name, help, read, ...(label === undefined ? {} : { label }) };
}

/** Describes a count that only grows. @param label see {@link ObservableMetric} */
export function counter<Source>(...input: Parameters<typeof gauge<Source>>): ObservableMetric<Source> {
  return { ...gauge(...input), kind: 'counter' };
}

/** Registers metrics whose values are read from the result of `pull`. One scrape calls `pull` only once for all these metrics. */
export function registerPulled<Source>(
  registry: Registry,
  metrics: readonly ObservableMetric<Source>[],
  pull: () => Source | Promise<Source>,
): void {
  let pulling: Promise<Source> | undefined;
  const pullShared = (): Promise<Source> =>
    (pulling ??= Promise.resolve(pull()).finally(() => setImmediate(() => (pulling = undefined))));
  for (const { kind, name, help, label, read } of metrics) {
    const collect = async (): Promise<void> => {
      const value = read(await pullShared());
      metric.reset();
      if (label === undefined && value === undefined) metric.remove();
      for (const [labels, number] of toSamples(label, value)) metric.inc(labels, number);
    };
    const settings = { name, help, labelNames: label === undefined ? [] : [label], registers: [registry], collect };
    const metric = kind === 'counter' ? new Counter(settings) : new Gauge(settings);
  }
}

function toSamples(
  label: string | undefined,
  value: ObservedValue,
): readonly (readonly [labels: Record<string, string>, number: number])[] {
  if (typeof value === 'number') return [[{}, value]];
  if (label === undefined || value === undefined) return [];
  return Object.entries(value).flatMap(([each, number]) => (number === undefined ? [] : [[{ [label]: each }, number]]));
}

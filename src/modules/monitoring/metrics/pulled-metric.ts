import { Counter, Gauge, type Registry } from 'prom-client';

/** A number, one for each value of the metric's label, or `undefined` while it is not known: then it is not shown. */
export type PulledValue = number | undefined | Readonly<Record<string, number | undefined>>;

/** A metric whose numbers are kept elsewhere, and read when it is scraped: what is counted pays nothing for it. */
export interface PulledMetric<Source> {
  readonly kind: 'counter' | 'gauge';
  readonly name: string;
  readonly help: string;
  /** What tells its numbers apart; absent: it has one. */
  readonly label?: string;
  readonly read: (source: Source) => PulledValue;
}

/** Makes metrics of a registry that are read from what `pull` returns, once a scrape for all of them. */
export function registerPulled<Source>(
  registry: Registry,
  metrics: readonly PulledMetric<Source>[],
  pull: () => Source | Promise<Source>,
): void {
  let pulling: Promise<Source> | undefined;
  const pullOnce = (): Promise<Source> =>
    (pulling ??= Promise.resolve(pull()).finally(() => setImmediate(() => (pulling = undefined))));
  for (const { kind, name, help, label, read } of metrics) {
    const collect = async (): Promise<void> => {
      const value = read(await pullOnce());
      metric.reset();
      if (label === undefined && value === undefined) metric.remove();
      for (const [labels, number] of samplesOf(label, value)) metric.inc(labels, number);
    };
    const settings = { name, help, labelNames: label === undefined ? [] : [label], registers: [registry], collect };
    const metric = kind === 'counter' ? new Counter(settings) : new Gauge(settings);
  }
}

function samplesOf(
  label: string | undefined,
  value: PulledValue,
): readonly (readonly [labels: Record<string, string>, number: number])[] {
  if (typeof value === 'number') return [[{}, value]];
  if (label === undefined || value === undefined) return [];
  return Object.entries(value).flatMap(([each, number]) => (number === undefined ? [] : [[{ [label]: each }, number]]));
}

interface MetricSample {
  /** A histogram's samples end with `_bucket`, `_sum` or `_count`. */
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

export interface MetricFamily {
  readonly name: string;
  readonly help: string;
  readonly type: string;
  readonly samples: MetricSample[];
}

const HELP = /^# HELP ([a-z][a-z0-9_]*) (\S.*)$/;
const TYPE = /^# TYPE ([a-z][a-z0-9_]*) (counter|gauge|histogram)$/;
const SAMPLE = /^([a-z][a-z0-9_]*)(?:\{(.*)\})? (\S+)$/;
const LABEL = /^([a-z][a-z0-9_]*)="((?:[^"\\\n]|\\["\\n])*)"(?:,|$)/;

/** Prometheus' text format, version 0.0.4. The parser rejects repeated lines, incomplete histograms, counters without `_total`. */
export function parsePrometheusText(text: string): ReadonlyMap<string, MetricFamily> {
  if (!text.endsWith('\n')) throw new Error('The text does not end with a line feed.');
  const families = new Map<string, MetricFamily>();
  const lines = text.split('\n').filter((line) => line !== '');
  const seen = new Set<string>();
  let family: MetricFamily | undefined;
  for (let at = 0; at < lines.length; at++) {
    const line = lines[at] ?? '';
    if (line.startsWith('#')) {
      family = startFamily(line, lines[++at] ?? '');
      if (families.has(family.name)) throw new Error(`The metric ${family.name} is there twice.`);
      families.set(family.name, family);
      continue;
    }
    const sample = parseSample(line);
    if (!family || !belongs(sample.name, family)) throw new Error(`The line is not of the metric above it: ${line}`);
    const series = line.slice(0, line.lastIndexOf(' '));
    if (seen.has(series)) throw new Error(`The series ${series} is there twice.`);
    seen.add(series);
    family.samples.push(sample);
  }
  for (const each of families.values()) checkFamily(each);
  return families;
}

function startFamily(helpLine: string, typeLine: string): MetricFamily {
  const [, name = '', help = ''] = HELP.exec(helpLine) ?? fail(`This is not a HELP line: ${helpLine}`);
  const [, typed = '', type = ''] = TYPE.exec(typeLine) ?? fail(`This is not a TYPE line: ${typeLine}`);
  if (typed !== name) throw new Error(`The TYPE below the HELP of ${name} is of ${typed}.`);
  return { name, help, type, samples: [] };
}

function parseSample(line: string): MetricSample {
  const [, name = '', labelText = '', number = ''] = SAMPLE.exec(line) ?? fail(`This is not a sample: ${line}`);
  const value = Number(number);
  if (Number.isNaN(value)) throw new Error(`This is not a number: ${line}`);
  const labels: Record<string, string> = {};
  for (let rest = labelText; rest !== '';) {
    const [whole, label = '', content = ''] = LABEL.exec(rest) ?? fail(`These are not labels: ${line}`);
    if (label in labels) throw new Error(`The label ${label} is there twice: ${line}`);
    labels[label] = content;
    rest = rest.slice(whole.length);
  }
  return { name, labels, value };
}

function belongs(name: string, { name: family, type }: MetricFamily): boolean {
  if (type !== 'histogram') return name === family;
  return ['_bucket', '_sum', '_count'].some((end) => name === family + end);
}

function checkFamily({ name, type, samples }: MetricFamily): void {
  if ((type === 'counter') !== name.endsWith('_total')) throw new Error(`A ${type} must not have the name ${name}.`);
  if (type === 'counter' && samples.some(({ value }) => value < 0)) throw new Error(`${name} is negative.`);
  if (type === 'histogram') checkHistogram(name, samples);
}

function checkHistogram(name: string, samples: readonly MetricSample[]): void {
  for (const count of samples.filter((sample) => sample.name === `${name}_count`)) {
    const isSame = ({ labels }: MetricSample): boolean =>
      Object.entries(count.labels).every(([label, value]) => labels[label] === value);
    const buckets = samples.filter((sample) => sample.name === `${name}_bucket` && isSame(sample));
    const counts = buckets.map(({ value }) => value);
    if (buckets.at(-1)?.labels.le !== '+Inf' || counts.at(-1) !== count.value) {
      throw new Error(`The last bucket of ${name} does not hold all.`);
    }
    if (counts.some((value, at) => value < (counts[at - 1] ?? 0))) throw new Error(`The buckets of ${name} shrink.`);
    if (!samples.some((sample) => sample.name === `${name}_sum` && isSame(sample))) {
      throw new Error(`${name} has no sum.`);
    }
  }
}

function fail(message: string): never {
  throw new Error(message);
}

/** The value of the first sample with this name and these labels. */
export function sampleIn(
  text: string,
  name: string,
  labels: Readonly<Record<string, string>> = {},
): number | undefined {
  const samples = [...parsePrometheusText(text).values()].flatMap((family) => family.samples);
  const isMeant = (sample: MetricSample): boolean =>
    sample.name === name && Object.entries(labels).every(([label, value]) => sample.labels[label] === value);
  return samples.find(isMeant)?.value;
}

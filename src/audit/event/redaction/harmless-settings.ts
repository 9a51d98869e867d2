import { bareName, secretNameTest } from './redact-names.js';

const isSecretName = secretNameTest();

/** Words that end the name of a setting whose value is not a secret. */
const HARMLESS_ENDS = new Set([
  'enabled', 'disabled', 'enable', 'disable', 'active', 'visible', 'required', 'allowed', 'mode', 'level', 'type', 'kind', 'format',
  'max', 'min', 'maximum', 'minimum', 'limit', 'limits', 'size', 'count', 'length', 'number', 'quota', 'threshold', 'percent',
  'percentage', 'rate', 'ratio', 'timeout', 'interval', 'delay', 'ttl', 'age', 'days', 'hours', 'minutes', 'seconds', 'millis', 'ms',
  'retention', 'retries', 'attempts', 'items', 'rows', 'pages', 'users', 'bytes', 'mb', 'gb', 'kb', 'width', 'height', 'depth', 'order', 'sort',
  'locale', 'language', 'languages', 'timezone', 'country', 'region', 'currency', 'unit', 'units', 'theme', 'color', 'colour', 'title', 'label',
  'host', 'hostname', 'port', 'version', 'env', 'environment', 'debug', 'verbose', 'cache', 'schedule', 'cron', 'priority', 'status', 'state',
  'date', 'time', 'year', 'month', 'week', 'day', 'policy', 'algorithm', 'protocol', 'provider', 'adapter', 'strategy', 'driver',
]); // prettier-ignore

/** Words that, in any position, make a setting a bound or a switch. */
const HARMLESS_WORDS = new Set(['max', 'min', 'enable', 'disable', 'allow', 'require', 'is', 'has', 'show', 'hide']);

/**
 * Whether a setting's name shows that its value is not a secret: its last word is a bound, a unit, a switch or a choice, and no word names
 * the value of a secret. For other names, only the application knows.
 *
 * @param known bare names that the application declares harmless
 */
export function isHarmlessSetting(name: string, known?: ReadonlySet<string>): boolean {
  if (isSecretName(name)) return false;
  if (known?.has(bareName(name))) return true;
  const words = name.split(/[^\p{L}\p{N}]+|(?<=[a-z0-9])(?=[A-Z])/u).map((word) => word.toLowerCase());
  return HARMLESS_ENDS.has(words.at(-1) ?? '') || words.some((word) => HARMLESS_WORDS.has(word));
}

import { normalizeName, type SecretNameTest, createSecretNameTest, splitWords } from './redact-names.js';
import { readFieldSafely } from '../read-safely.js';

const NAME_FIELDS = ['name', 'key', 'field', 'header', 'param', 'parameter', 'property', 'path', 'column'] as const;

const OTHER_NAME_FIELDS = ['Name', 'Key', 'Field', 'ParameterName', 'ParameterKey', 'id', 'instancePath'] as const;

const SETTING_FIELDS = ['configKey', 'settingKey', 'setting', 'settingName', 'configName', 'config'] as const;

const VALUES = [
  'value', 'values', 'val', 'content', 'oldvalue', 'newvalue', 'previousvalue', 'currentvalue', 'requestedvalue',
  'defaultvalue', 'old', 'new', 'from', 'to', 'before', 'after', 'previous', 'current', 'text', 'raw',
  'received', 'rejectedvalue', 'parametervalue', 'answer',
  'd', 'p', 'q', 'dp', 'dq', 'qi', 'k', // of a JSON Web Key
]; // prettier-ignore
const QUESTION_FIELDS = ['question', 'securityQuestion', 'questionId'] as const;
const VALUE_NAMES = new Set(VALUES);
const NAME_FIELD_NAMES = new Set([...NAME_FIELDS, ...SETTING_FIELDS].map(normalizeName));

/** Whether a field contains a value, beside a field with the name of that value. */
export function isValueName(name: string): boolean {
  return VALUE_NAMES.has(normalizeName(name));
}

/** Whether a field contains a name, beside a field with the value for that name. */
export function isNameField(name: string): boolean {
  return NAME_FIELD_NAMES.has(normalizeName(name));
}

/** Whether the value in `holder` is secret: a neighbour contains a secret's name or a question, or `holder` is a JSON Web Key. */
export function isSecretValue(holder: object, isSecretName: SecretNameTest): boolean {
  if (typeof readFieldSafely(holder, 'kty') === 'string') return true;
  if ('answer' in holder && QUESTION_FIELDS.some((question) => readFieldSafely(holder, question) !== undefined))
    return true;
  for (const field of SETTING_FIELDS) {
    const setting = readFieldSafely(holder, field);
    if (typeof setting === 'string' && (isSecretName(setting) || !isHarmlessSetting(setting))) return true;
  }
  return [...NAME_FIELDS, ...OTHER_NAME_FIELDS].some((field) => {
    const input = readFieldSafely(holder, field);
    const name: unknown = Array.isArray(input) ? input.at(-1) : input; // `input` may be a path: a list of names
    return typeof name === 'string' && isSecretName(name);
  });
}

const PARAMETER_NAMES = new Set(['parameters', 'params', 'values', 'bindings', 'variables']);
const STATEMENTS = ['sql', 'query', 'text', 'statement'] as const;
const IS_STATEMENT = /^\s*(?:insert|update|select|delete|with|merge|alter|create|call|mutation|query)\b/i;

/** Whether a field may hold the parameters of a statement beside it. */
export function isParametersName(name: string): boolean {
  return PARAMETER_NAMES.has(name);
}

/** Whether the text of a SQL or GraphQL statement contains a secret's name. Any of the parameters may be that secret. */
export function hasSecretParameters(holder: object, isSecretName: (name: string) => boolean): boolean {
  return STATEMENTS.some((field) => {
    const statement = readFieldSafely(holder, field);
    if (typeof statement !== 'string' || !IS_STATEMENT.test(statement)) return false;
    return (statement.slice(0, 8_192).match(/[\w.]+/g) ?? []).some(isSecretName);
  });
}

const FLAT_PAIRS = /(?:headers|trailers|params|parameters|query|entries|pairs|variables|bindings)$/;

export function isPairListName(name: string): boolean {
  return FLAT_PAIRS.test(normalizeName(name));
}

const FIELD_NAME = /^[a-z][A-Za-z]*(?:[_.-][A-Za-z]+)*$/;

/**
 * Whether a text cannot be the name of a field. A list like `['password', 'email']` may be a name with its value, or two names. Only this
 * test distinguishes the two cases.
 */
export function containsNoFieldName(text: string): boolean {
  return text.length > 64 || !FIELD_NAME.test(text);
}

/**
 * Whether the item at `index` is a value that follows the name of a secret. Every second item before it must be a text.
 *
 * @param arePairs whether the list certainly alternates between names and values
 */
export function followsSecretName(
  items: readonly unknown[],
  index: number,
  isSecretName: (name: string) => boolean,
  arePairs: boolean,
): boolean {
  const [name, value] = [items[index - 1], items[index]];
  if (typeof name !== 'string' || !isSecretName(name)) return false;
  return arePairs || typeof value !== 'string' || containsNoFieldName(value);
}

const isSecretName = createSecretNameTest();

const HARMLESS_ENDS = new Set([
  'enabled', 'disabled', 'enable', 'disable', 'active', 'visible', 'required', 'allowed', 'mode', 'level', 'type', 'kind', 'format',
  'max', 'min', 'maximum', 'minimum', 'limit', 'limits', 'size', 'count', 'length', 'number', 'quota', 'threshold', 'percent',
  'percentage', 'rate', 'ratio', 'timeout', 'interval', 'delay', 'ttl', 'age', 'days', 'hours', 'minutes', 'seconds', 'millis', 'ms',
  'retention', 'retries', 'attempts', 'items', 'rows', 'pages', 'users', 'bytes', 'mb', 'gb', 'kb', 'width', 'height', 'depth', 'order', 'sort',
  'locale', 'language', 'languages', 'timezone', 'country', 'region', 'currency', 'unit', 'units', 'theme', 'color', 'colour', 'title', 'label',
  'host', 'hostname', 'port', 'version', 'env', 'environment', 'debug', 'verbose', 'cache', 'schedule', 'cron', 'priority', 'status', 'state',
  'date', 'time', 'year', 'month', 'week', 'day', 'policy', 'algorithm', 'protocol', 'provider', 'adapter', 'strategy', 'driver',
]); // prettier-ignore

const HARMLESS_WORDS = new Set(['max', 'min', 'enable', 'disable', 'allow', 'require', 'is', 'has', 'show', 'hide']);

/**
 * Whether the name of a setting shows that its value is not a secret. Such a name has a word for a bound, a unit, a switch or a choice,
 * and is not the name of a secret.
 *
 * @param known the bare names of settings that the application declares not to be secret
 */
export function isHarmlessSetting(name: string): boolean {
  if (isSecretName(name)) return false;
  const words = splitWords(name);
  return HARMLESS_ENDS.has(words.at(-1) ?? '') || words.some((word) => HARMLESS_WORDS.has(word));
}

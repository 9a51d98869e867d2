import { types } from 'node:util';
import {
  DEFAULTS,
  DETAILS_VALIDATIONS,
  FAILURE_POLICIES,
  REDACTION_MODES,
  type AuditModuleOptions,
  type ResolvedAuditOptions,
} from './audit-options.js';
import { isAddressRange } from './context/address-ranges.js';
import { definedFields, hasFields } from './event/merge-fields.js';
import { isListOfTexts, isOneOf } from './event/outcomes.js';
import { bareName, isListOfFieldNames } from './event/redaction/redact-names.js';
import { auditErrors } from './errors/audit.errors.js';
import { unknownOptions } from './errors/unknown-options.js';

const DEFAULT_SPILL_DIR = '.data/spill';
const MIN_SPILL_BYTES = 1024 * 1024;
const MIN_KEY_LENGTH = 32;

/** AuditModule is checked before the options of MonitoringModule are known, so the message cannot say which of them are missing. */
const LEDGER_NEEDS =
  '(with NODE_ENV=production, MonitoringModule also needs a signing key: set signingKeyFile to a file from nestjs-audit-ledger keygen, or ' +
  'set signingKey or signer, together with checkpointMemory)';

/** The name of an HTTP header (RFC 9110). */
const HEADER_NAME = /^[\w!#$%&'*+.^`|~-]+$/;

/** Headers that already have a meaning for clients, proxies or this library. */
const TAKEN_HEADER = new RegExp(
  '^(?:accept|access-control|authorization|cache-control|clear-site-data|connection|content|cookie|date|etag|expect|' +
    'expires|forwarded|from|host|if|keep-alive|last-modified|link|location|max-forwards|origin|pragma|proxy|range|' +
    'referer|referrer-policy|refresh|retry-after|sec|server|set-cookie|strict-transport-security|te|trace(?:parent|state)|' +
    'trailer|transfer-encoding|upgrade|user-agent|vary|via|warning|www-authenticate|x-forwarded|x-real-ip)(?:$|-)',
  'i',
);

/** The last four characters of these secrets reveal too much. */
const TOO_SHORT_TO_SHOW = /passw|passphrase|passcode|passwd|pwd$|pin$|otp$|cvv|cvc|code$/;

/** The type is `unknown`, since JavaScript callers may pass any value. */
type Test = (value: unknown) => boolean;

const isWhole =
  (least: number, most: number): Test =>
  (value) =>
    Number.isSafeInteger(value) && Number(value) >= least && Number(value) <= most;
const isFailureLimit: Test = (value) => value === false || isWhole(1, 1_000_000)(value);
/** Events are made at once, so nobody would wait for a promise. */
const isPlainFunction: Test = (value) => typeof value === 'function' && !types.isAsyncFunction(value);
const isFlag: Test = (value) => typeof value === 'boolean';
const isFlagOrList: Test = (value) => isFlag(value) || isListOfTexts(value);
const keysIn = (text: string): readonly string[] => text.split(',').map((key) => key.trim());
const isKey: Test = (value) => typeof value === 'string' && value.length >= MIN_KEY_LENGTH;
const isHeaderName: Test = (value) => typeof value === 'string' && HEADER_NAME.test(value);

const NO_FUNCTION = 'must be a function that returns the value itself, and no promise';

const not =
  (what: string) =>
  (value: unknown): string =>
    `is ${String(value)}, not ${what}`;

const CHECKS: Readonly<Record<keyof AuditModuleOptions, readonly [Test, string | ((value: unknown) => string)]>> = {
  providerTimeoutMs: [isWhole(1, 600_000), not('a whole number from 1 to 600000')],
  maxFailuresPerMinute: [isFailureLimit, not('false or a whole number from 1 to 1000000')],
  onFailure: [(value) => isOneOf(FAILURE_POLICIES, value), not('open or closed')],
  spillKey: [
    (value) => [value].flat().every((keys) => (typeof keys === 'string' ? keysIn(keys) : [keys]).every(isKey)),
    `must be a text of at least ${MIN_KEY_LENGTH} characters, or a list of such texts; a comma separates two keys`,
  ],
  spillDir: [(value) => value === false || (typeof value === 'string' && value !== ''), 'must be a path or false'],
  maxSpillBytes: [isWhole(MIN_SPILL_BYTES, Infinity), not(`a whole number of at least ${MIN_SPILL_BYTES}`)],
  detailsValidation: [(value) => isOneOf(DETAILS_VALIDATIONS, value), not('off, mark or throw')],
  disabledProviders: [isListOfTexts, 'must be a list of backend names'],
  sensitiveFields: [isListOfFieldNames, 'must be a list of field names without paths (ssn, not customer.ssn)'],
  personalFields: [isListOfTexts, 'must be a list of field names'],
  factFields: [isListOfTexts, 'must be a list of field names'],
  factWords: [isListOfTexts, 'must be a list of words'],
  redaction: [hasFields, 'is not an object with fields'],
  anonymize: [isFlagOrList, 'is not true, false or a list of event names'],
  pseudonymKey: [isKey, `must be a text of at least ${MIN_KEY_LENGTH} characters`],
  requestIdProxies: [isListOfTexts, 'must be a list of addresses'],
  correlationHeader: [isHeaderName, (value) => `is ${JSON.stringify(value)}, not the name of a header`],
  metadataProvider: [isPlainFunction, NO_FUNCTION],
  currentTransaction: [isPlainFunction, NO_FUNCTION],
  transactions: [(value) => typeof value === 'function', 'must be a function such as (work) => db.transaction(work)'],
  requireActor: [isFlagOrList, 'is not true, false or a list of categories'],
  requireTenant: [isFlagOrList, 'is not true, false or a list of categories'],
  events: [Array.isArray, 'must be a list of definitions'],
  resolveActor: [isPlainFunction, NO_FUNCTION],
  resolveTenant: [isPlainFunction, NO_FUNCTION],
};

/**
 * Checks all options together, and resolves the defaults.
 *
 * @throws `AUDIT_OPTIONS_INVALID` with a problem for each invalid option
 */
export function resolveAuditOptions(options: AuditModuleOptions = {}): ResolvedAuditOptions {
  const problems = [...unknownOptions(options, CHECKS)];
  const sound: AuditModuleOptions = { ...options };
  for (const [name, [test, problem]] of Object.entries(CHECKS)) {
    const value: unknown = options[name as keyof AuditModuleOptions]; // `name` is a key of `CHECKS`
    if (value === undefined || test(value)) continue;
    problems.push(`${name} ${typeof problem === 'string' ? problem : problem(value)}`);
    Reflect.deleteProperty(sound, name);
  }
  problems.push(...missingOptions(options), ...conflicts(sound), ...namedProblems(sound));
  if (problems.length > 0) throw auditErrors.AUDIT_OPTIONS_INVALID(problems);
  const resolved = { ...DEFAULTS, ...definedFields(options) };
  return {
    ...resolved,
    correlationHeader: resolved.correlationHeader.toLowerCase(),
    returnsEveryRequestId: options.correlationHeader !== undefined,
    spillDir: spillDirOf(options),
    spillKey: [options.spillKey ?? []].flat().flatMap(keysIn),
  };
}

/** Tests have no default folder, since tests in the same working directory would replay each other's events. */
function spillDirOf({ spillDir }: AuditModuleOptions): string | undefined {
  return (spillDir ?? (process.env.NODE_ENV === 'test' ? false : DEFAULT_SPILL_DIR)) || undefined;
}

function missingOptions(options: AuditModuleOptions): readonly string[] {
  const { spillDir, spillKey = [], anonymize = false, pseudonymKey } = options;
  const problems: string[] = [];
  const needsSpill = spillDir !== false && process.env.NODE_ENV === 'production';
  if (needsSpill && spillDir === undefined) {
    problems.push(
      'spillDir is not set, so events would be lost while a provider is down; name a folder on a local disk that ' +
        'outlives the process, or set spillDir to false to accept the loss',
    );
  }
  if (needsSpill && spillKey.length === 0) {
    problems.push(
      'spillKey is not set, so anyone who can write into the spill could forge events; set it to a secret of at least ' +
        `${MIN_KEY_LENGTH} characters that is not stored in spillDir`,
    );
  }
  if (problems.length > 0) problems.push(`${problems.pop()} ${LEDGER_NEEDS}`);
  const anonymizes = Array.isArray(anonymize) ? anonymize.length > 0 : anonymize === true;
  if (anonymizes && pseudonymKey === undefined) problems.push('anonymize is set, but pseudonymKey is not');
  return problems;
}

function conflicts({
  spillDir,
  spillKey,
  maxSpillBytes,
  factFields = [],
  personalFields = [],
}: AuditModuleOptions): readonly string[] {
  return [
    ...Object.entries({ spillKey, maxSpillBytes })
      .filter(([, value]) => spillDir === false && value !== undefined)
      .map(([name]) => `spillDir is false, but ${name} is set`),
    ...factFields
      .filter((name) => personalFields.includes(name))
      .map((name) => `both factFields and personalFields name ${name}`),
  ];
}

function namedProblems({
  redaction = {},
  requestIdProxies = [],
  correlationHeader = '',
}: AuditModuleOptions): readonly string[] {
  const ranges = requestIdProxies.filter((range) => !isAddressRange(range)).map((range) => JSON.stringify(range));
  return [
    ...redactionProblems(redaction),
    ...ranges.map((range) => `requestIdProxies has ${range}, not an IP address or a range such as 10.0.0.0/8`),
    ...(TAKEN_HEADER.test(correlationHeader)
      ? [`correlationHeader is ${correlationHeader}, which clients, proxies or this library already use`]
      : []),
  ];
}

function redactionProblems(redaction: object): readonly string[] {
  const { fields = {}, ...unknown } = redaction as Readonly<Record<string, unknown>>; // any object may be read
  const problems = Object.keys(unknown).map(
    (name) => `redaction has the unknown option ${name} (its only option is fields)`,
  );
  if (!hasFields(fields)) return [...problems, 'redaction.fields must be an object with a mode for each field name'];
  for (const [name, mode] of Object.entries(fields)) {
    const isMode = isOneOf(REDACTION_MODES, mode);
    if (!isMode) problems.push(`redaction.fields has ${String(mode)} for ${name}, not ${REDACTION_MODES.join(' or ')}`);
    else if (TOO_SHORT_TO_SHOW.test(bareName(name))) {
      problems.push(`redaction.fields has ${name}, whose last four characters reveal too much`);
    }
  }
  return problems;
}

import { FAILURE_POLICIES } from './audit-options.js';
import { isOneOf, isStringArray, SEVERITIES } from '../base/event/outcomes.js';
import { isPresent } from './event/input-fields.js';
import { hasFields } from './event/merge-fields.js';
import { isFieldNameList } from '../base/secrets/redact-names.js';
import { readSafely } from '../base/read-safely.js';
import { auditErrors } from './errors/audit.errors.js';
import { findUnknownOptions } from './errors/unknown-options.js';

type Check = readonly [test: (value: unknown) => boolean, expected: string];
type Checks = Readonly<Record<string, Check>>;

const ISOLATIONS = ['READ UNCOMMITTED', 'READ COMMITTED', 'REPEATABLE READ', 'SERIALIZABLE'] as const;

const isOneOfWords = (words: readonly string[]): Check => [(value) => isOneOf(words, value), words.join(' or ')];
const FLAG: Check = [(value) => typeof value === 'boolean', 'true or false'];
const FUNCTION: Check = [(value) => typeof value === 'function', 'a function'];
const ANY_VALUE: Check = [() => true, 'anything'];
const TEXTS: Check = [isFieldNameList, 'a list of field names without paths (ssn, not customer.ssn)'];

const MAX_KEY_LENGTH = 255;
const isIdempotencyKey = (value: unknown): boolean =>
  typeof value === 'string' && value !== '' && value.length <= MAX_KEY_LENGTH;

const DECORATED = {
  sensitiveFields: TEXTS,
  ...{ resource: FUNCTION, related: FUNCTION, actor: FUNCTION, tenantId: FUNCTION, details: FUNCTION, when: FUNCTION },
  changes: [(value) => value === 'captured' || typeof value === 'function', "'captured' or a function"] as Check,
  ...{
    attempt: FLAG,
    includeRequestBody: FLAG,
    severity: isOneOfWords(SEVERITIES),
    onFailure: isOneOfWords(FAILURE_POLICIES),
  },
  category: [(value) => typeof value === 'string' && value !== '', 'a text'] as Check,
};
const ISOLATED = { dataSource: ANY_VALUE, isolation: isOneOfWords(ISOLATIONS) };

/** The options of each kind of call. */
const CHECKS = {
  record: {
    ...{ sensitiveFields: TEXTS, anonymize: FLAG },
    ...{
      transaction: ANY_VALUE,
      onFailure: isOneOfWords(FAILURE_POLICIES),
      delivery: isOneOfWords(['durable', 'transactional']),
      idempotencyKey: [isIdempotencyKey, `a text of 1 to ${MAX_KEY_LENGTH} characters`] as Check,
    },
  },
  logEvent: {
    ...{ includeRequestBody: FLAG, sensitiveFields: TEXTS, anonymizeData: FLAG, captureBeforeAfter: FLAG },
    retentionPeriod: ANY_VALUE, // an invalid period is stored in the metadata
  },
  ignore: { onFailure: isOneOfWords(FAILURE_POLICIES) },
  audited: DECORATED,
  transaction: ISOLATED,
  auditedTransaction: { ...DECORATED, ...ISOLATED },
  provider: {
    ...{ backend: ANY_VALUE, awaited: FLAG, required: FLAG },
    categories: [isStringArray, 'a list of categories'] as Check,
  },
} satisfies Readonly<Record<string, Checks>>;

/** Any options type whose names all have a check, so that a typed option without a check does not compile. */
type Checked<Kind extends keyof typeof CHECKS, Options> = Options &
  Partial<Record<Exclude<keyof Options, keyof (typeof CHECKS)[Kind]>, never>>;

/**
 * Checks the options of a call or a decorator, since an unknown option or value would have no effect.
 *
 * @throws `AUDIT_OPTIONS_INVALID`
 */
export function checkCallOptions<Kind extends keyof typeof CHECKS, Options extends object>(
  kind: Kind,
  options: Checked<Kind, Options>,
  doing: string,
): void {
  const checks: Checks = CHECKS[kind];
  if (!hasFields(options))
    throw auditErrors.AUDIT_OPTIONS_INVALID(
      [`the options are of the type ${typeof options}, not an object`],
      undefined,
      doing,
    );
  const problems = [...findUnknownOptions(options, checks)];
  for (const [name, value] of Object.entries(options) as Iterable<readonly [string, unknown]>) {
    const [test, expected] = checks[name] ?? ANY_VALUE;
    if (isPresent(value) && !test(value))
      problems.push(`${name} is ${readSafely(() => JSON.stringify(value)) ?? typeof value}, not ${expected}`);
  }
  if (problems.length > 0) throw auditErrors.AUDIT_OPTIONS_INVALID(problems, undefined, doing);
}

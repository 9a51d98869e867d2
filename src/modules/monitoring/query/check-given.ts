import { nearestName } from '../../../audit/plain.js';
import type { FieldFilter } from './field-filters.js';
import { COMPARISONS, comparisonsOf, isRange, RANGES } from './given-values.js';
import { isMoment } from './query-times.js';
import { isIpOrRange, isNumber, isScalar, isText, isTypeOrPrefix, MOST_VALUES } from './query-values.js';

/** The rule for the values of a filter. */
interface Rule {
  /** Completes the message "must be …". */
  readonly says: string;
  readonly test: (value: unknown) => boolean;
  /** The allowed values, if there are few. */
  readonly words?: readonly string[];
  /** The rule for comparisons by order; absent if the values have no order. */
  readonly order?: { readonly says: string; readonly test: (value: unknown) => boolean };
}

/** Returns the problems of what a filter of a field was given. */
export function problemsOfField(name: string, given: unknown, filter: FieldFilter): readonly string[] {
  return problemsOf(name, given, ruleOf(filter));
}

/** Returns the problems of a filter of `details` or `metadata`, which may hold any value. */
export function problemsOfPath(name: string, given: unknown): readonly string[] {
  return problemsOf(name, given, { says: 'a text of at most 512 characters', test: isScalar, order: ANY_ORDER });
}

/** Returns the problems of a filter by compliance tags. The catalogue decides which tags exist. */
export function problemsOfTag(given: unknown): readonly string[] {
  return problemsOf('compliance', given, TAG);
}

const TAG = { says: 'a compliance tag such as pci_dss', test: isText };

function problemsOf(name: string, given: unknown, rule: Rule): readonly string[] {
  const comparisons = comparisonsOf(given);
  if (comparisons.length === 0) return [`${name} must be ${rule.says}`];
  return comparisons.flatMap(([operator, values]) => {
    const asked = operator === 'is' ? name : `${name}[${operator}]`;
    if (operator === 'exists') return isFlag(values) ? [] : [`${asked} must be true or false`];
    if (rule.order && isRange(operator)) {
      const isRight = values.length === 1 && rule.order.test(values[0]);
      return isRight ? [] : [`${asked} must be ${rule.order.says}, given once`];
    }
    if (!COMPARISONS.some((known) => known === operator)) return [`${asked} is not a filter: ${formsOf(name, rule)}`];
    const isRight = values.length > 0 && values.length <= MOST_VALUES && values.every(rule.test);
    return isRight
      ? []
      : [`${asked} must be ${rule.says}${meant(values, rule) ?? `, given at most ${MOST_VALUES} times`}`];
  });
}

/** The allowed word that is nearest to the first wrong value. */
function meant(values: readonly unknown[], { words = [], test }: Rule): string | undefined {
  const nearest = nearestName(String(values.find((value) => !test(value))), words);
  return nearest === undefined ? undefined : ` (did you mean ${nearest}?)`;
}

/** The operators of a filter, in their written form. */
function formsOf(name: string, { order }: Rule): string {
  const operators = ['ne', ...(order ? RANGES : [])].map((operator) => `${name}[${operator}]=…`);
  return `write ${name}=…, ${operators.join(', ')} or ${name}[exists]=true`;
}

const ANY_ORDER = {
  says: 'a number, or a time such as 2026-11-20T08:00:00Z or -24h',
  test: (value: unknown) => isNumber(value) || isMoment(value),
};

function ruleOf({ kind, words = [] }: FieldFilter): Rule {
  switch (kind) {
    case 'word':
      return {
        says: `one of ${words.join(', ')}`,
        words,
        test: (value) => typeof value === 'string' && words.includes(value),
      };
    case 'type':
      return {
        says: 'an event type such as user_login_failed, or its beginning such as user_*',
        test: isTypeOrPrefix,
      };
    case 'ip':
      return { says: 'an IP address or a range such as 10.0.0.0/8', test: isIpOrRange };
    case 'method':
      return {
        says: 'an HTTP method such as POST',
        test: (value) => typeof value === 'string' && /^[A-Za-z-]{1,32}$/.test(value),
      };
    case 'status':
      return {
        says: 'a status code such as 404, or a class of them such as 5xx',
        test: (value) =>
          (typeof value === 'string' || typeof value === 'number') && /^[1-5](\d\d|xx)$/i.test(String(value)),
        order: { says: 'a number such as 500', test: isNumber },
      };
    case 'name':
    case 'text':
      return { says: 'a text of 1 to 512 characters', test: isText };
  }
}

function isFlag(values: readonly unknown[]): boolean {
  const [value] = values;
  return values.length === 1 && [true, false, 'true', 'false'].includes(value as string); // it compares any values
}

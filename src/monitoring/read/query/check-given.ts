import { nearestName } from '../../../audit/nest-free.js';
import type { FilterKind } from '../../proof/sealing/event-layout.js';
import type { FieldFilter } from './field-filters.js';
import { COMPARISONS, comparisonsOf, isRange, RANGES } from './given-values.js';
import { isMoment } from './query-times.js';
import { isIpOrRange, isNumber, isScalar, isText, isTypeOrPrefix, MOST_VALUES } from './query-values.js';

interface Rule {
  /** Completes the message "must be …". */
  readonly says: string;
  readonly test: (value: unknown) => boolean;
  /** The allowed values, if the filter has a fixed list. */
  readonly words?: readonly string[];
  /** The rule for comparisons with `gt`, `gte`, `lt` and `lte`. Absent if the values have no order. */
  readonly order?: { readonly says: string; readonly test: (value: unknown) => boolean };
}

export function problemsOf(name: string, given: unknown, rule: Rule): readonly string[] {
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

function meant(values: readonly unknown[], { words = [], test }: Rule): string | undefined {
  const nearest = nearestName(String(values.find((value) => !test(value))), words);
  return nearest === undefined ? undefined : ` (did you mean ${nearest}?)`;
}

function formsOf(name: string, { order }: Rule): string {
  const operators = ['ne', ...(order ? RANGES : [])].map((operator) => `${name}[${operator}]=…`);
  return `write ${name}=…, ${operators.join(', ')} or ${name}[exists]=true`;
}

/** The rule for `details` and `metadata`, whose fields may have any value. */
export const ANY_VALUE: Rule = {
  says: 'a text of at most 512 characters',
  test: isScalar,
  order: {
    says: 'a number, or a time such as 2026-11-20T08:00:00Z or -24h',
    test: (value) => isNumber(value) || isMoment(value),
  },
};

/** The rule for compliance tags. {@link predicatesOf} checks whether a tag exists. */
export const TAG: Rule = { says: 'a compliance tag such as pci_dss', test: isText };

const TEXT: Rule = { says: 'a text of 1 to 512 characters', test: isText };

const RULES: Readonly<Record<Exclude<FilterKind, 'word'>, Rule>> = {
  type: { says: 'an event type such as user_login_failed, or its beginning such as user_*', test: isTypeOrPrefix },
  ip: { says: 'an IP address or a range such as 10.0.0.0/8', test: isIpOrRange },
  method: {
    says: 'an HTTP method such as POST',
    test: (value) => typeof value === 'string' && /^[A-Za-z-]{1,32}$/.test(value),
  },
  status: {
    says: 'a status code such as 404, or a class of them such as 5xx',
    test: (value) =>
      (typeof value === 'string' || typeof value === 'number') && /^[1-5](\d\d|xx)$/i.test(String(value)),
    order: { says: 'a number such as 500', test: isNumber },
  },
  name: TEXT,
  text: TEXT,
};

export function ruleOf({ filter, words = [] }: FieldFilter): Rule {
  if (filter !== 'word') return RULES[filter];
  return {
    says: `one of ${words.join(', ')}`,
    words,
    test: (value) => typeof value === 'string' && words.includes(value),
  };
}

function isFlag(values: readonly unknown[]): boolean {
  const [value] = values;
  return values.length === 1 && [true, false, 'true', 'false'].includes(value as string); // includes() accepts any value at run time
}

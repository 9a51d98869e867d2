import { hash } from 'node:crypto';
import type { OwnFieldName, FilterKind } from '../../proof/sealing/event-layout.js';
import {
  FIELD_NAMES,
  getFieldFilter,
  WORDS_HELP,
  acceptsPrefix,
  type FieldName,
  type FilteredField,
  type FieldFilter,
} from './field-filters.js';
import {
  type FilterValue,
  type OrderedFilterValue,
  type OneOrMore,
  type Scalar,
  COMPARISONS,
  listComparisons,
  isRange,
  RANGES,
} from './filter-values.js';
import {
  validate,
  validateEach,
  Parameter,
  isPath,
  isPointer,
  isRecord,
  isRelatedFilter,
  isWords,
  MAX_PATHS,
  isText,
  isIpOrRange,
  isNumber,
  isScalar,
  isTypeOrPrefix,
  MAX_VALUES,
} from './query-parameters.js';
import { TIME_FORMAT_HELP, isMoment } from './query-times.js';
import { findNearestName } from '../../../audit/nest-free.js';

/**
 * Filters by the path of a field: `{ 'payment.method': 'card', attempts: { gte: 3 } }`. If a filter lists several values, the field must
 * match one of the values. If a filter has several comparisons, the field must pass all comparisons.
 */
type ValuesByPath = Readonly<Record<string, OrderedFilterValue<Scalar>>>;

function Field(name: FieldName): PropertyDecorator {
  const filter = getFieldFilter(name);
  const { words, description: message } = filter;
  const started = acceptsPrefix(filter) ? '; a value that ends in * is a prefix' : '';
  const description = `${message}${started}. Also ${name}[ne] and ${name}[exists]`;
  const type = words ? { enum: words, isArray: true } : { type: [String] as const };
  return Parameter({ ...type, description }, (_, input) => findValueProblems(name, input, toRule(filter)));
}

function ByPath(name: 'details' | 'metadata', example: string): PropertyDecorator {
  const message = `${name} must be given as ${name}.<path>=<value>, such as ${example}, with at most ${MAX_PATHS} paths`;
  return Parameter(undefined, (_, input) => {
    if (typeof input !== 'object' || input === null || Array.isArray(input)) return [message];
    const entries = Object.entries(input);
    const isRight = entries.length > 0 && entries.length <= MAX_PATHS && entries.every(([path]) => isPath(path));
    return isRight
      ? entries.flatMap(([path, values]) => findValueProblems(`${name}.${path}`, values, ANY_VALUE))
      : [message];
  });
}

function Time(description: string): PropertyDecorator {
  return Parameter({ type: String, description }, validate(TIME_FORMAT_HELP, isMoment));
}

type FilterInput<Field extends FilteredField> = Field extends { readonly filter: 'status' }
  ? OrderedFilterValue<string | number>
  : FilterValue<Field extends { readonly words: readonly (infer Word)[] } ? Word : string>;

type FieldFilters = { readonly [Field in FilteredField as OwnFieldName<Field['column']>]?: FilterInput<Field> };

function fieldFilters(): abstract new () => FieldFilters {
  abstract class DeclaredFilters extends Object {}
  for (const name of FIELD_NAMES) Field(name)(DeclaredFilters.prototype, name);
  return DeclaredFilters;
}

const TEXT: Rule = { description: 'a text of 1 to 512 characters', test: isText };

const RULES: Readonly<Record<Exclude<FilterKind, 'word'>, Rule>> = {
  type: {
    description: 'an event type such as user_login_failed, or its beginning such as user_*',
    test: isTypeOrPrefix,
  },
  ip: { description: 'an IP address or a range such as 10.0.0.0/8', test: isIpOrRange },
  method: {
    description: 'an HTTP method such as POST',
    test: (value) => typeof value === 'string' && /^[A-Za-z-]{1,32}$/.test(value),
  },
  status: {
    description: 'a status code such as 404, or a class of them such as 5xx',
    test: (value) =>
      (typeof value === 'string' || typeof value === 'number') && /^[1-5](\d\d|xx)$/i.test(String(value)),
    order: { description: 'a number such as 500', test: isNumber },
  },
  name: TEXT,
  text: TEXT,
};

/** The rule for compliance tags. {@link buildPredicates} checks whether a tag exists. */
const TAG: Rule = { description: 'a compliance tag such as pci_dss', test: isText };

/** The rule for `details` and `metadata`, whose fields may have any value. */
const ANY_VALUE: Rule = {
  description: 'a text of at most 512 characters',
  test: isScalar,
  order: {
    description: 'a number, or a time such as 2026-11-20T08:00:00Z or -24h',
    test: (value) => isNumber(value) || isMoment(value),
  },
};

/** The filters of a query. An event must match all filters. */
export class EventFilters extends fieldFilters() {
  @Parameter(
    {
      type: [String],
      description:
        'Compliance tag of the action, such as pci_dss. The parameters compliance[ne] and compliance[exists] work, too',
    },
    (name, input) => findValueProblems(name, input, TAG),
  )
  readonly compliance?: FilterValue<string>;

  @Parameter(
    { type: String, description: WORDS_HELP },
    validate('one to ten words, with at most 512 characters in total', isWords),
  )
  readonly q?: string;

  @Parameter(
    {
      type: String,
      description:
        'Events by, for or about a person (user/u-1), a session (session/s-1) or another record (order/o-1), also as a related resource, and the other events of the same operations',
    },
    validate('a type and an id, such as user/u-1, session/s-1 or order/o-1', isRecord),
  )
  readonly about?: string;

  @Parameter(
    {
      type: [String],
      description: 'A resource that the event names as a related one: a type and an id, such as order/o-1, or a type',
    },
    validateEach('a type, or a type and an id, such as order/o-1', isRelatedFilter),
  )
  readonly related?: OneOrMore<string>;

  @Parameter(
    { type: [String], description: 'JSON Pointer of a changed field, such as /status' },
    validateEach('a JSON Pointer such as /status', isPointer),
  )
  readonly changed?: OneOrMore<string>;

  /** In a URL: `details.<path>=<value>`, `details.<path>[gte]=<number or time>`. */
  @ByPath('details', 'details.payment.method=card')
  readonly details?: ValuesByPath;

  /** In a URL: `metadata.<path>=<value>`. */
  @ByPath('metadata', 'metadata.region=eu')
  readonly metadata?: ValuesByPath;

  @Time(
    'The earliest time, inclusive; -24h is 24 hours ago (units: m, h, d, w); the words now, today and yesterday work, too',
  )
  readonly from?: string | Date;

  @Time('The end of the range: a day is included as a whole, a time is not')
  readonly to?: string | Date;

  @Time('Another name for the parameter `from`')
  readonly since?: string | Date;

  @Time('Another name for the parameter `to`')
  readonly until?: string | Date;
}

export class ListFilters extends EventFilters {
  @Parameter({
    type: Boolean,
    description: 'false: leaves out row changes whose operation has an event; that event lists them in rowChanges',
  })
  readonly rows?: boolean;
}

const ORDERS = ['desc', 'asc'] as const;
export type EventOrder = (typeof ORDERS)[number];

export const RELATIONS = ['operation', 'request', 'session', 'trace'] as const;
export type Relation = (typeof RELATIONS)[number];

const MAX_EVENTS = 200;

/** The caller may have meant a resource of the type `order`, with the value as its id. */
function formatWrongOrder(name: string, value: unknown): string {
  const message = `${name} must be desc (newest first) or asc`;
  return isText(value) ? `${message}; for a record, resourceType=order&resourceId=${value}` : message;
}

/** The query for a page of events. */
export class EventQuery extends ListFilters {
  @Parameter({ enum: ORDERS, description: 'desc: newest first' }, (name, value) =>
    ORDERS.some((order) => order === value) ? [] : [formatWrongOrder(name, value)],
  )
  readonly order: EventOrder = 'desc';

  @Parameter({ type: Number, minimum: 1, maximum: MAX_EVENTS })
  readonly limit: number = 50;

  @Parameter(
    { type: String, description: 'nextCursor of the previous page, with the same filters and order' },
    validate('the nextCursor of the previous page', (value) => decodeCursor(value) !== undefined),
  )
  readonly cursor?: string;

  @Parameter({
    type: Boolean,
    description: 'true: adds names to events, which takes several times as long as reading the page',
  })
  readonly names?: boolean;

  @Parameter({
    type: Boolean,
    description: 'true: also searches archives of retired events. Needs the package @duckdb/node-api',
  })
  readonly archived?: boolean;
}

interface Rule {
  /** Completes the message "must be …". */
  readonly description: string;
  readonly test: (value: unknown) => boolean;
  /** The allowed values, if the filter has a fixed list. */
  readonly words?: readonly string[];
  /** The rule for comparisons with `gt`, `gte`, `lt` and `lte`. Absent if the values have no order. */
  readonly order?: { readonly description: string; readonly test: (value: unknown) => boolean };
}

function findValueProblems(name: string, input: unknown, rule: Rule): readonly string[] {
  const comparisons = listComparisons(input);
  if (comparisons.length === 0) return [`${name} must be ${rule.description}`];
  return comparisons.flatMap(([operator, values]) => {
    const requested = operator === 'is' ? name : `${name}[${operator}]`;
    if (operator === 'exists') return isFlag(values) ? [] : [`${requested} must be true or false`];
    if (rule.order && isRange(operator)) {
      const isRight = values.length === 1 && rule.order.test(values[0]);
      return isRight ? [] : [`${requested} must be ${rule.order.description}, given once`];
    }
    if (!COMPARISONS.some((known) => known === operator))
      return [`${requested} is not a filter: ${describeForms(name, rule)}`];
    const isRight = values.length > 0 && values.length <= MAX_VALUES && values.every(rule.test);
    return isRight
      ? []
      : [
          `${requested} must be ${rule.description}${suggestValue(values, rule) ?? `, given at most ${MAX_VALUES} times`}`,
        ];
  });
}

function suggestValue(values: readonly unknown[], { words = [], test }: Rule): string | undefined {
  const nearest = findNearestName(String(values.find((value) => !test(value))), words);
  return nearest === undefined ? undefined : ` (did you mean ${nearest}?)`;
}

function describeForms(name: string, { order }: Rule): string {
  const operators = ['ne', ...(order ? RANGES : [])].map((operator) => `${name}[${operator}]=…`);
  return `write ${name}=…, ${operators.join(', ')} or ${name}[exists]=true`;
}

function toRule({ filter, words = [] }: FieldFilter): Rule {
  if (filter !== 'word') return RULES[filter];
  return {
    description: `one of ${words.join(', ')}`,
    words,
    test: (value) => typeof value === 'string' && words.includes(value),
  };
}

function isFlag(values: readonly unknown[]): boolean {
  const [value] = values;
  return values.length === 1 && [true, false, 'true', 'false'].includes(value as string); // includes() accepts any value at run time
}

/** The id of the last event of a page, and the hash of the page's query. */
interface Cursor {
  readonly id: string;
  readonly queryHash: string;
}

/** Returns eight bytes in hexadecimal that identify a query. The hash in a cursor shows for which query the cursor was made. */
export function hashCanonicalQuery(canonicalQuery: string): string {
  return hash('sha256', canonicalQuery, 'hex').slice(0, 16);
}

/** Encodes a page cursor in base64url. A cursor is not signed, because it only states a position in the order of ids, and grants no access. */
export function encodeCursor({ id, queryHash }: Cursor): string {
  return Buffer.from(id.replaceAll('-', '') + queryHash, 'hex').toString('base64url');
}

/** Parses a cursor of {@link encodeCursor}. Returns `undefined` for any other value. */
export function decodeCursor(cursor: unknown): Cursor | undefined {
  if (typeof cursor !== 'string' || !/^[\w-]{32}$/.test(cursor)) return undefined;
  const hex = Buffer.from(cursor, 'base64url').toString('hex');
  const id = hex.slice(0, 32).replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
  return { id, queryHash: hex.slice(32) };
}

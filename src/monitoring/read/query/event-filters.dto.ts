import type { NameOf } from '../../proof/sealing/event-layout.js';
import { ANY_VALUE, problemsOf, ruleOf, TAG } from './check-given.js';
import {
  FIELD_NAMES,
  fieldFilter,
  SEARCHED_BY_WORDS,
  acceptsPrefix,
  type FieldName,
  type FilteredField,
} from './field-filters.js';
import type { Given, GivenInOrder, OneOrMore, Scalar } from './given-values.js';
import { must, mustEach, Parameter } from './query-parameters.js';
import { A_MOMENT, isMoment } from './query-times.js';
import { isPath, isPointer, isRecord, isRelatedFilter, isWords, MOST_PATHS } from './query-values.js';

/**
 * Filters by the path of a field: `{ 'payment.method': 'card', attempts: { gte: 3 } }`. If a filter lists several values, the field must
 * match one of the values. If a filter has several comparisons, the field must pass all comparisons.
 */
export type ValuesByPath = Readonly<Record<string, GivenInOrder<Scalar>>>;

function Field(name: FieldName): PropertyDecorator {
  const filter = fieldFilter(name);
  const { words, says } = filter;
  const begun = acceptsPrefix(filter) ? '; a value that ends in * is a prefix' : '';
  const description = `${says}${begun}. Also ${name}[ne] and ${name}[exists]`;
  const type = words ? { enum: words, isArray: true } : { type: [String] as const };
  return Parameter({ ...type, description }, (_, given) => problemsOf(name, given, ruleOf(filter)));
}

function ByPath(name: 'details' | 'metadata', example: string): PropertyDecorator {
  const says = `${name} must be given as ${name}.<path>=<value>, such as ${example}, with at most ${MOST_PATHS} paths`;
  return Parameter(undefined, (_, given) => {
    if (typeof given !== 'object' || given === null || Array.isArray(given)) return [says];
    const entries = Object.entries(given);
    const isRight = entries.length > 0 && entries.length <= MOST_PATHS && entries.every(([path]) => isPath(path));
    return isRight ? entries.flatMap(([path, values]) => problemsOf(`${name}.${path}`, values, ANY_VALUE)) : [says];
  });
}

function Time(description: string): PropertyDecorator {
  return Parameter({ type: String, description }, must(A_MOMENT, isMoment));
}

type GivenFor<Field extends FilteredField> = Field extends { readonly filter: 'status' }
  ? GivenInOrder<string | number>
  : Given<Field extends { readonly words: readonly (infer Word)[] } ? Word : string>;

type FieldFilters = { readonly [Field in FilteredField as NameOf<Field['column']>]?: GivenFor<Field> };

function fieldFilters(): abstract new () => FieldFilters {
  abstract class DeclaredFilters extends Object {}
  for (const name of FIELD_NAMES) Field(name)(DeclaredFilters.prototype, name);
  return DeclaredFilters;
}

/** The filters of a query. An event must match all filters. */
export class EventFilters extends fieldFilters() {
  @Parameter(
    {
      type: [String],
      description:
        'Compliance tag of the action, such as pci_dss. The parameters compliance[ne] and compliance[exists] work, too',
    },
    (name, given) => problemsOf(name, given, TAG),
  )
  readonly compliance?: Given<string>;

  @Parameter(
    { type: String, description: SEARCHED_BY_WORDS },
    must('one to ten words, with at most 512 characters in total', isWords),
  )
  readonly q?: string;

  @Parameter(
    {
      type: String,
      description:
        'Events by, for or about a person (user/u-1), a session (session/s-1) or another record (order/o-1), also as a related resource, and the other events of the same operations',
    },
    must('a type and an id, such as user/u-1, session/s-1 or order/o-1', isRecord),
  )
  readonly about?: string;

  @Parameter(
    {
      type: [String],
      description: 'A resource that the event names as a related one: a type and an id, such as order/o-1, or a type',
    },
    mustEach('a type, or a type and an id, such as order/o-1', isRelatedFilter),
  )
  readonly related?: OneOrMore<string>;

  @Parameter(
    { type: [String], description: 'JSON Pointer of a changed field, such as /status' },
    mustEach('a JSON Pointer such as /status', isPointer),
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

  @Time('The end of the range, exclusive')
  readonly to?: string | Date;

  @Time('Another name for the parameter `from`')
  readonly since?: string | Date;
}

export class ListFilters extends EventFilters {
  @Parameter({
    type: Boolean,
    description: 'false: leaves out row changes whose operation has an event; that event lists them in rowChanges',
  })
  readonly rows?: boolean;
}

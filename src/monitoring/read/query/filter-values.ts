/** One value, or a list of values. At least one value of a list must match. */
export type OneOrMore<Value> = Value | readonly Value[];
export type Scalar = string | number | boolean | null;

/** Comparisons of a field. All given comparisons must be true. */
export interface Comparisons<Value> {
  /** The field must equal one of the values, as in a filter without an operator. A text that ends in `*` is a prefix. */
  readonly is?: OneOrMore<Value>;
  /** The field must equal one of the values exactly. A `*` has no special meaning. */
  readonly eq?: OneOrMore<Value>;
  /** The field must equal none of the values. An absent field matches. */
  readonly ne?: OneOrMore<Value>;
  readonly exists?: boolean | 'true' | 'false';
}

/** Comparisons of a number or a time. The field may contain the number or the time as a text. */
export interface Ranges {
  readonly gt?: number | string | Date;
  readonly gte?: number | string | Date;
  readonly lt?: number | string | Date;
  readonly lte?: number | string | Date;
}

/** A value, a list of values, or comparisons such as `{ ne: 'a' }`. */
export type FilterValue<Value> = OneOrMore<Value> | Comparisons<Value>;

/** Like {@link FilterValue}, for a field that may be a number or a time. */
export type OrderedFilterValue<Value> = OneOrMore<Value> | (Comparisons<Value> & Ranges);

export const COMPARISONS = ['is', 'eq', 'ne', 'exists'] as const;
export const RANGES = ['gt', 'gte', 'lt', 'lte'] as const;
export type RangeName = (typeof RANGES)[number];

/** Maps the names of comparisons to the operators of SQL and of SQL/JSON paths. */
export const SQL_OPERATORS: Readonly<Record<RangeName, string>> = { gt: '>', gte: '>=', lt: '<', lte: '<=' };

export function isRange(operator: string): operator is RangeName {
  return RANGES.some((name) => name === operator);
}

/** Lists the comparisons of a filter with their values. A value or a list without an operator counts as the comparison `is`. */
export function listComparisons(input: unknown): readonly (readonly [operator: string, values: readonly unknown[]])[] {
  if (input === undefined) return [];
  if (typeof input !== 'object' || input === null || Array.isArray(input) || input instanceof Date) {
    return [['is', [input].flat()]];
  }
  return Object.entries(input)
    .filter(([, value]) => value !== undefined)
    .map(([operator, value]) => [operator, [value].flat()]);
}

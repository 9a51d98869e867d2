/** One value, or several, one of which must match. */
export type OneOrMore<Value> = Value | readonly Value[];
export type Scalar = string | number | boolean | null;

/** Comparisons with a field; all given ones must hold. */
export interface Comparisons<Value> {
  /** The value, or one of several, as without an operator. A text that ends in `*` matches every value that begins with it. */
  readonly is?: OneOrMore<Value>;
  /** Exactly the value, or one of several; `*` has no special meaning. */
  readonly eq?: OneOrMore<Value>;
  /** None of the values; also matches if there is no value. */
  readonly ne?: OneOrMore<Value>;
  /** Whether there is a value. */
  readonly exists?: boolean | 'true' | 'false';
}

/** Comparisons with a number or a time. A text that is a number or a time counts as one. */
export interface Ranges {
  readonly gt?: number | string | Date;
  readonly gte?: number | string | Date;
  readonly lt?: number | string | Date;
  readonly lte?: number | string | Date;
}

/** The value of a field, several values one of which must match, or comparisons: `{ ne: 'a' }`. */
export type Given<Value> = OneOrMore<Value> | Comparisons<Value>;

/** The filter of a field that may be a number or a time. */
export type GivenInOrder<Value> = OneOrMore<Value> | (Comparisons<Value> & Ranges);

export const COMPARISONS = ['is', 'eq', 'ne', 'exists'] as const;
export const RANGES = ['gt', 'gte', 'lt', 'lte'] as const;
export type RangeName = (typeof RANGES)[number];

/** The operators of SQL and its JSON paths. */
export const SIGN_OF: Readonly<Record<RangeName, string>> = { gt: '>', gte: '>=', lt: '<', lte: '<=' };

export function isRange(operator: string): operator is RangeName {
  return RANGES.some((name) => name === operator);
}

/** The comparisons of a filter, each with its values; a value or a list alone counts as `is`. */
export function comparisonsOf(given: unknown): readonly (readonly [operator: string, values: readonly unknown[]])[] {
  if (given === undefined) return [];
  if (typeof given !== 'object' || given === null || Array.isArray(given) || given instanceof Date) {
    return [['is', [given].flat()]];
  }
  return Object.entries(given)
    .filter(([, value]) => value !== undefined)
    .map(([operator, value]) => [operator, [value].flat()]);
}

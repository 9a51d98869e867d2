/** One value, or several of which any will do. */
export type OneOrMore<Value> = Value | readonly Value[];
export type Scalar = string | number | boolean | null;

/** What a filter asks of a field: each that is given must hold. */
export interface Comparisons<Value> {
  /** The value, or one of several; with `*` at the end of a text, every value that begins so. As without an operator. */
  readonly is?: OneOrMore<Value>;
  /** Exactly the value, or one of several: a `*` stands for itself. */
  readonly eq?: OneOrMore<Value>;
  /** None of the values; holds as well where there is no value. */
  readonly ne?: OneOrMore<Value>;
  /** Whether there is a value. */
  readonly exists?: boolean | 'true' | 'false';
}

/** What a filter asks of a number or a time. A text that is a number or a time counts as one. */
export interface Ranges {
  readonly gt?: number | string | Date;
  readonly gte?: number | string | Date;
  readonly lt?: number | string | Date;
  readonly lte?: number | string | Date;
}

/** A field's value, several of which any will do, or comparisons with it: `{ ne: 'a' }`. */
export type Given<Value> = OneOrMore<Value> | Comparisons<Value>;

/** The same of a field that may be a number or a time. */
export type GivenInOrder<Value> = OneOrMore<Value> | (Comparisons<Value> & Ranges);

export const COMPARISONS = ['is', 'eq', 'ne', 'exists'] as const;
export const RANGES = ['gt', 'gte', 'lt', 'lte'] as const;
export type RangeName = (typeof RANGES)[number];

/** As SQL and its JSON paths write them. */
export const SIGN_OF: Readonly<Record<RangeName, string>> = { gt: '>', gte: '>=', lt: '<', lte: '<=' };

export function isRange(operator: string): operator is RangeName {
  return RANGES.some((name) => name === operator);
}

/** What is given as comparisons, each with its values; a value or a list alone is what `is` has. */
export function comparisonsOf(given: unknown): readonly (readonly [operator: string, values: readonly unknown[]])[] {
  if (given === undefined) return [];
  if (typeof given !== 'object' || given === null || Array.isArray(given) || given instanceof Date) {
    return [['is', listOf(given)]];
  }
  return Object.entries(given)
    .filter(([, value]) => value !== undefined)
    .map(([operator, value]) => [operator, listOf(value)]);
}

function listOf(given: unknown): readonly unknown[] {
  return Array.isArray(given) ? (given as readonly unknown[]) : [given]; // readonly lists are lists to Array.isArray alone
}

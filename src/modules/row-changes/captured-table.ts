/** A table as SQL names it. */
export interface TableName {
  readonly schema: string;
  readonly name: string;
}

/** A setting, and its value as SQL writes it. */
export type CaptureSetting = readonly [name: string, value: string];

/** How the values of a column get into the image of a row. */
export interface ColumnShape {
  readonly name: string;
  readonly kind: 'short' | 'long' | 'guarded' | 'virtual';
}

/** A table whose changes are captured, with its rules held against what the database has. */
export interface CapturedTable extends TableName {
  readonly resource: string;
  /** The columns that tell its rows apart; empty without a primary key or a unique index of columns that are never NULL. */
  readonly key: readonly string[];
  /** Whether its rows may share the key until the commit. */
  readonly isKeyDeferrable: boolean;
  /** Those that may leave the trigger. Others that turn up later leave as digests. */
  readonly columns: readonly string[];
  readonly redacted: readonly string[];
  readonly digested: readonly string[];
  readonly ignored: readonly string[];
  /** Every column that it has. */
  readonly shape: readonly ColumnShape[];
  /** Numbers that JSON cannot hold exactly. */
  readonly asText: readonly string[];
  /** Those among `asText` that hold lists of them. */
  readonly lists: readonly string[];
  /** Those of the key whose values hold others, which are texts where a number in them is too large or too exact for JSON. */
  readonly nestedKeys: readonly string[];
  /** Those with numbers of composite types, which events have as numbers. */
  readonly rounded: readonly string[];
  /** What its functions run with besides what all do. */
  readonly settings: readonly CaptureSetting[];
  readonly facts: readonly string[];
  /** Whether row-level security hides rows from the login that reads it now. */
  readonly isHidden: boolean;
  readonly truncate: 'refuse' | 'record';
  readonly onCaptureFailure: 'fail' | 'pass';
  /** The columns among `redacted` that no rule names: their names look like secrets. */
  readonly secretByName: readonly string[];
  /** Partitions and tables that inherit from it: a statement may name them. */
  readonly heirs: readonly TableName[];
}

/** As messages and options name a table: `public.orders`. */
export function nameOf({ schema, name }: TableName): string {
  return `${schema}.${name}`;
}

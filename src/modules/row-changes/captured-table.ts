/** A table as SQL names it. */
export interface TableName {
  readonly schema: string;
  readonly name: string;
}

export type CaptureSetting = readonly [name: string, value: string];

/** How the values of a column are written into the image of a row. */
export interface ColumnShape {
  readonly name: string;
  readonly kind: 'short' | 'long' | 'guarded' | 'virtual';
}

/** A table whose changes are captured, after its rules were compared with the database. */
export interface CapturedTable extends TableName {
  readonly resource: string;
  /** The columns that identify its rows; empty without a primary key or a unique index of columns that are never NULL. */
  readonly key: readonly string[];
  /** Whether its rows may share the key until the commit. */
  readonly isKeyDeferrable: boolean;
  /** The columns that may leave the trigger. Columns that are added later leave as digests. */
  readonly columns: readonly string[];
  readonly redacted: readonly string[];
  readonly digested: readonly string[];
  readonly ignored: readonly string[];
  readonly shape: readonly ColumnShape[];
  /** Columns whose numbers JSON cannot represent exactly. */
  readonly asText: readonly string[];
  /** The columns among `asText` that contain lists of numbers. */
  readonly lists: readonly string[];
  /** Key columns whose values contain others; these are texts if a number in them is too large or too exact for JSON. */
  readonly nestedKeys: readonly string[];
  /** Columns with numbers inside composite types, which events have as JSON numbers. */
  readonly rounded: readonly string[];
  /** The settings of its functions, besides the common ones. */
  readonly settings: readonly CaptureSetting[];
  readonly facts: readonly string[];
  /** Whether row-level security hides rows from the current login. */
  readonly isHidden: boolean;
  readonly truncate: 'refuse' | 'record';
  readonly onCaptureFailure: 'fail' | 'pass';
  /** The columns among `redacted` that no rule names, but whose names look like secrets. */
  readonly secretByName: readonly string[];
  /** Partitions and tables that inherit from it, which a statement may name. */
  readonly heirs: readonly TableName[];
}

/** The name of a table in messages and options: `public.orders`. */
export function nameOf({ schema, name }: TableName): string {
  return `${schema}.${name}`;
}

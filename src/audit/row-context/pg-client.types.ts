/** The part of pg's `Client` that this library uses. */
export interface PgClient {
  readonly connection: PgConnection;
  readonly pipeline?: boolean;
  connect(callback?: unknown): unknown;
  query(config: unknown, values?: unknown, callback?: unknown): unknown;
}

/** The part of pg's `Connection` that this library uses. Each method sends a message to the server. Each event is a message from the server. */
export interface PgConnection {
  readonly stream: { cork?(): void; uncork?(): void };
  parse(query: { readonly text: string }, ...more: unknown[]): void;
  bind(config: { readonly values?: readonly unknown[] } | undefined, ...more: unknown[]): void;
  describe(what: { readonly type: 'P'; readonly name?: string }, ...more: unknown[]): void;
  execute(config: { readonly portal?: string; readonly rows?: number }, ...more: unknown[]): void;
  sync(): void;
  query(text: string): void;
  emit(event: string, ...args: unknown[]): boolean;
  on(event: string, listener: (message: PgMessage | undefined) => void): unknown;
  off(event: string, listener: (message: PgMessage | undefined) => void): unknown;
  readonly parsedStatements?: Readonly<Record<string, string>>;
}

/** The fields of the server's messages that this library uses. */
export interface PgMessage {
  /** The command in a CommandComplete: `INSERT 0 1`. */
  readonly text?: string;
  /** The status in a ReadyForQuery: `I` idle, `T` in a transaction, `E` in a failed transaction. */
  readonly status?: string;
  /** The columns in a RowDescription. */
  readonly fields?: readonly { readonly name: string }[];
  /** The position in an ErrorResponse, counted from 1. */
  position?: string;
}

/** The objects that `client.query()` accepts besides texts: pg's own `Query`, a cursor, a stream. */
export interface Submittable {
  readonly text?: unknown;
  readonly name?: unknown;
  readonly values?: unknown;
  /** The cursor within a stream; the cursor contains the SQL text. */
  readonly cursor?: unknown;
  callback?: unknown;
  submit(connection: PgConnection): unknown;
}

export type PgClientClass = (new (...args: never[]) => object) & {
  readonly Query?: new (config: unknown, values: unknown, callback: unknown) => Submittable;
};

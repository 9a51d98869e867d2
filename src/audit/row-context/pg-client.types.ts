/** The part of pg's `Client` that is used. */
export interface PgClient {
  readonly connection: PgConnection;
  readonly pipeline?: boolean;
  query(config: unknown, values?: unknown, callback?: unknown): unknown;
}

/** The part of pg's `Connection` that is used. Each message to the server is a method, each message from it an event. */
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
  readonly parsedStatements?: Readonly<Record<string, string>>;
}

/** The fields of messages that are read. */
export interface PgMessage {
  /** Of a CommandComplete: `INSERT 0 1`. */
  readonly text?: string;
  /** Of a ReadyForQuery: `I` idle, `T` in a transaction, `E` in a failed one. */
  readonly status?: string;
  /** Of a RowDescription. */
  readonly fields?: readonly { readonly name: string }[];
  /** Of an ErrorResponse: the position in the text, counted from 1. */
  position?: string;
}

/** The objects that `client.query()` accepts besides texts: pg's own `Query`, a cursor, a stream. */
export interface Submittable {
  readonly text?: unknown;
  readonly name?: unknown;
  readonly values?: unknown;
  /** Of a stream: the object that has its text. */
  readonly cursor?: unknown;
  callback?: unknown;
  submit(connection: PgConnection): unknown;
}

export type PgClientClass = (new (...args: never[]) => object) & {
  readonly Query?: new (config: unknown, values: unknown, callback: unknown) => Submittable;
};

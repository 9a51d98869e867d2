import type { PgConnection } from '../row-context/pg-client.types.js';
import type { CommitStatement } from './transaction-manager.js';

interface Message {
  readonly text?: string;
  readonly fields?: readonly unknown[];
}

/**
 * Sends a statement and the COMMIT after it in one round trip, as a query for pg's client: if the statement fails, the server skips the
 * COMMIT. The statement's parameters are texts, which the server does not log with an error.
 */
export class CommitQuery {
  /** The text for code that inspects queries. */
  readonly text = 'COMMIT';
  /** pg calls it if a query takes too long, and calls {@link handleError} as well. */
  callback: (error?: unknown) => void = () => undefined;
  /** Resolves with the statement's rows and the answer to the COMMIT. */
  readonly done: Promise<{ readonly rows: readonly (readonly unknown[])[]; readonly commit: object }>;
  // No description of the rows is requested, they come at once, and neither statement is empty.
  readonly handleRowDescription = (): void => undefined;
  readonly handlePortalSuspended = this.handleRowDescription;
  readonly handleEmptyQuery = this.handleRowDescription;
  private readonly rows: (readonly unknown[])[] = [];
  private command = '';
  private settle: { readonly resolve: () => void; readonly reject: (error: unknown) => void } | undefined;

  constructor(private readonly statement: CommitStatement) {
    this.done = new Promise((resolve, reject) => {
      const answer = (): void =>
        resolve({ rows: this.rows, commit: { command: this.command, rowCount: null, rows: [], fields: [] } });
      this.settle = { resolve: answer, reject };
    });
  }

  submit(connection: PgConnection): null {
    const { stream } = connection;
    stream.cork?.();
    try {
      connection.parse({ text: this.statement.text });
      connection.bind({ values: this.statement.values });
      connection.execute({});
      connection.parse({ text: this.text });
      connection.bind({ values: [] });
      connection.execute({});
      connection.sync();
    } finally {
      stream.uncork?.();
    }
    return null;
  }

  handleDataRow({ fields = [] }: Message): void {
    this.rows.push([...fields]);
  }

  handleCommandComplete({ text = '' }: Message): void {
    this.command = text;
  }

  handleError(error: unknown): void {
    this.settle?.reject(error);
    this.callback(error);
  }

  handleReadyForQuery(): void {
    this.settle?.resolve();
    this.callback();
  }
}

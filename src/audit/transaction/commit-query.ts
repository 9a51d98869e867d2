import type { PgConnection } from '../row-context/pg-client.types.js';
import type { CommitStatement } from './transaction-scope.js';

/** What PostgreSQL says of a COMMIT. */
export interface CommitResult {
  readonly command: string;
  readonly rowCount: null;
  readonly rows: readonly never[];
  readonly fields: readonly never[];
}

/** Fields of the server's messages that are read. */
interface Message {
  readonly text?: string;
  readonly fields?: readonly unknown[];
}

/**
 * A statement and the COMMIT behind it in one round trip, as pg's client submits them: if the statement fails, the server skips the COMMIT.
 * The statement's parameters are texts, which the server does not log with an error.
 */
export class CommitQuery {
  /** For those who look at what is sent. */
  readonly text = 'COMMIT';
  /** pg calls it where a query takes too long, and calls {@link handleError} as well. */
  callback: (error?: unknown) => void = () => undefined;
  /** Resolves with the statement's rows and with what was said of the COMMIT. */
  readonly done: Promise<{ readonly rows: readonly (readonly unknown[])[]; readonly commit: CommitResult }>;
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

  handleRowDescription(): void {
    // The statement's rows are not described.
  }

  handlePortalSuspended(): void {
    // Every row is asked for.
  }

  handleEmptyQuery(): void {
    // Neither statement is empty.
  }
}

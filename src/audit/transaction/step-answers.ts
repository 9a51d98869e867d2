import type { PgConnection, PgMessage } from '../row-context/pg-client.types.js';

const COMMANDS: readonly unknown[] = ['SAVEPOINT', 'RELEASE', 'ROLLBACK', 'COMMIT'];

/** Reads the server's answers to transaction steps on a connection of pg. */
export class StepAnswers {
  /** The number of savepoints that the server made since the first event. */
  savepoints = 0;
  /** Called after a COMMIT, and when no transaction is open any more. */
  onEnd: ((isCommitted: boolean, isIdle: boolean) => void) | undefined;
  private commands: string[] = [];
  private readonly beforeErrors = new WeakMap<object, readonly string[]>();

  constructor(private readonly connection: PgConnection) {
    connection.on('commandComplete', this.noteCommand);
    connection.on('errorMessage', this.noteError);
    connection.on('readyForQuery', this.noteReady);
  }

  stop(): void {
    this.connection.off('commandComplete', this.noteCommand);
    this.connection.off('errorMessage', this.noteError);
    this.connection.off('readyForQuery', this.noteReady);
  }

  /** Returns the steps that the server ran before a text's error; `undefined` if the server did not report this error. */
  before(error: unknown): readonly string[] | undefined {
    return typeof error === 'object' && error !== null ? this.beforeErrors.get(error) : undefined;
  }

  private readonly noteCommand = (message: PgMessage | undefined): void => {
    const { text = '' } = message ?? {};
    if (COMMANDS.includes(text)) this.commands.push(text);
    if (text === 'SAVEPOINT') this.savepoints++;
  };

  /** The server's message is also the error with which pg rejects the query. */
  private readonly noteError = (message: PgMessage | undefined): void => {
    if (message) this.beforeErrors.set(message, this.commands);
  };

  private readonly noteReady = (message: PgMessage | undefined): void => {
    const isCommitted = this.commands.at(-1) === 'COMMIT';
    this.commands = [];
    const isIdle = message?.status === 'I';
    if (isIdle || isCommitted) this.onEnd?.(isCommitted, isIdle);
  };
}

/** Returns the steps in the result of a text. A text of several statements has a list of results. */
export function stepsIn(result: unknown): readonly unknown[] {
  const results: readonly unknown[] = Array.isArray(result) ? result : [result];
  return results
    .map((each) => (each as { readonly command?: unknown } | null | undefined)?.command)
    .filter((command) => COMMANDS.includes(command));
}

import type { TransactionStep } from './transaction-steps.js';
import type { PgConnection, PgMessage } from '../row-context/pg-client.types.js';

/** What the server answers to a step. */
const RESPONSES: Readonly<Record<TransactionStep['kind'] | 'none', readonly string[]>> = {
  savepoint: ['SAVEPOINT'],
  release: ['RELEASE'],
  rollBackTo: ['ROLLBACK'],
  rollBack: ['ROLLBACK'],
  commit: ['COMMIT', 'ROLLBACK'],
  none: [],
};
const COMMANDS: readonly unknown[] = ['SAVEPOINT', 'RELEASE', 'ROLLBACK', 'COMMIT'];

/** Reads the server's answers to transaction steps on a connection of pg. */
export class StepResults {
  /** The number of savepoints that the server made since the first event. */
  savepoints = 0;
  /** Called after a COMMIT, and when no transaction is open any more. `before` has the steps of the same text before the end. */
  onEnd: ((isCommitted: boolean, isIdle: boolean, before: readonly TransactionStep[]) => void) | undefined;
  private readonly texts: (readonly TransactionStep[])[] = [];
  private commands: string[] = [];
  private readonly beforeErrors = new WeakMap<object, readonly string[]>();

  constructor(private readonly connection: PgConnection) {
    connection.on('commandComplete', this.noteCommand);
    connection.on('errorMessage', this.noteError);
    connection.on('readyForQuery', this.noteReady);
  }

  /** Notes the steps of a text that is sent. A text with one step needs no note. */
  expect(steps: readonly TransactionStep[]): void {
    if (steps.length > 1) this.texts.push(steps);
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
    const { command, before } = this.endIn(this.commands);
    const isCommitted = command === 'COMMIT';
    this.commands = [];
    const isIdle = message?.status === 'I';
    if (isIdle || isCommitted) this.onEnd?.(isCommitted, isIdle, before);
  };

  /** The first end in a text is that of the transaction with the events. A ROLLBACK may also be that to a savepoint. */
  private endIn(commands: readonly string[]): {
    readonly command?: string | undefined;
    readonly before: readonly TransactionStep[];
  } {
    const isOf = (steps: readonly TransactionStep[]): boolean =>
      commands.every((command, nth) => RESPONSES[steps[nth]?.kind ?? 'none'].includes(command));
    const index = commands.length > 1 ? this.texts.findIndex(isOf) : -1;
    const [steps] = index < 0 ? [] : this.texts.splice(index, 1);
    if (!steps) return { command: commands.at(-1), before: [] };
    const end = steps.findIndex(({ kind }) => kind === 'commit' || kind === 'rollBack');
    return end < 0 ? { before: [] } : { command: commands[end], before: steps.slice(0, end) };
  }
}

/** Returns the steps in the result of a text. A text of several statements has a list of results. */
export function stepsIn(result: unknown): readonly unknown[] {
  const results: readonly unknown[] = Array.isArray(result) ? result : [result];
  return results
    .map((each) => (each as { readonly command?: unknown } | null | undefined)?.command)
    .filter((command) => COMMANDS.includes(command));
}

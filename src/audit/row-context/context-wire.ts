import { randomBytes } from 'node:crypto';
import type { PgConnection, PgMessage } from './pg-client.types.js';
import type { SendMode } from './plan-write.js';

/** Sets the context, and returns no row, since the result of set_config is never NULL. */
const SET_CONTEXT = `SELECT 1 WHERE set_config('audit.context', $1, true) IS NULL`;
/** A column name that no statement of the application has. */
const CONTEXT_MARKER = `audit_context_${randomBytes(6).toString('hex')}`;
const RESPONSES = ['parseComplete', 'bindComplete', 'commandComplete'];

interface Pending {
  readonly setting: string;
  readonly way: SendMode;
}

interface Inserted {
  readonly positions: readonly number[];
  readonly length: number;
}

/**
 * Sets the context with the first writing statement of a transaction, in the same round trip. Hides the server's answers about the context
 * from the statement's result.
 *
 *     one statement            ──▶ Parse, Bind, Execute of set_config before the statement's own messages, one Sync after both
 *     several statements, COPY ──▶ set_config within the text
 *
 * Tracks the context that the server has. Reads the transaction status and the commands in the server's answers:
 *
 *     idle ──(nothing in force)──▶ setting sent ──▶ in force ──commit, rollback──▶ idle
 *                                                     │
 *                                                     └──rollback to a savepoint──▶ unknown ──setting sent──▶ in force
 */
export class ContextWire {
  private status = 'I';
  /** `undefined` if a rollback to a savepoint may have changed the setting. */
  private inForce: string | undefined = '';
  private pending: Pending | undefined;
  private cutOff = 0;
  private readonly emit: PgConnection['emit'];
  private readonly messages: Pick<PgConnection, 'parse' | 'bind' | 'execute' | 'describe' | 'sync' | 'query'>;

  constructor(private readonly connection: PgConnection) {
    this.emit = connection.emit.bind(connection);
    this.messages = {
      parse: connection.parse.bind(connection),
      bind: connection.bind.bind(connection),
      execute: connection.execute.bind(connection),
      describe: connection.describe.bind(connection),
      sync: connection.sync.bind(connection),
      query: connection.query.bind(connection),
    };
    connection.parse = (query, ...more) => {
      this.sendBefore();
      this.messages.parse(query, ...more);
    };
    connection.bind = (config, ...more) => {
      this.sendBefore();
      this.cutOff++;
      this.messages.bind(config, ...more);
      this.cutOff--;
    };
    connection.sync = () => {
      this.cutOff = 0;
      this.messages.sync();
    };
    connection.query = (text) => {
      this.sendText(text);
    };
    connection.emit = this.emit;
    // These listeners run before pg's own listeners, which send the next query.
    connection.on('commandComplete', (message) => this.trackCommand(message));
    connection.on('readyForQuery', (message) => this.trackReady(message));
  }

  /** Whether a transaction was open when the server last answered. */
  get isInTransaction(): boolean {
    return this.status !== 'I';
  }

  /** Calls `submit`, which sends a statement. First sends the context, unless the server already has it. */
  submit<Result>(getSetting: () => string, way: SendMode, submit: () => Result): Result {
    if (way === 'calls' && this.inForce === '') return this.submitUnchanged(submit);
    const setting = getSetting();
    if (this.isInForce(setting, way)) return this.submitUnchanged(submit);
    if (way === 'inTransaction' && this.status === 'I') return this.submitUnchanged(submit);
    this.pending = { setting, way };
    const { stream } = this.connection;
    stream.cork?.();
    try {
      return this.submitUnchanged(submit);
    } finally {
      this.pending = undefined; // pg sends nothing for a query that it refuses
      stream.uncork?.();
    }
  }

  /** In a transaction, a text of several statements gets the context again: it may roll back before it writes. */
  private isInForce(setting: string, way: SendMode): boolean {
    return this.inForce === setting && (typeof way === 'string' || this.status === 'I');
  }

  /** pg before 8.22 omits the Sync message if it cannot write a parameter, and then waits without end. */
  private submitUnchanged<Result>(submit: () => Result): Result {
    this.cutOff = 0;
    const result = submit();
    if (this.cutOff > 0) this.connection.sync();
    return result;
  }

  private sendBefore(): void {
    const { pending } = this;
    if (!pending) return;
    this.pending = undefined;
    this.messages.parse({ text: SET_CONTEXT });
    this.messages.bind({ values: [pending.setting] });
    this.messages.execute({});
    this.filter(this.withoutResponses(pending.setting));
  }

  private sendText(text: string): void {
    const { pending } = this;
    if (pending === undefined) {
      this.messages.query(text);
    } else if (typeof pending.way === 'string') {
      this.sendBefore();
      this.messages.parse({ text });
      this.messages.bind(undefined);
      this.messages.describe({ type: 'P' });
      this.messages.execute({});
      this.messages.sync();
    } else {
      this.sendWithin(text, pending.setting, pending.way);
    }
  }

  private sendWithin(text: string, setting: string, positions: readonly number[]): void {
    this.pending = undefined;
    const literal = setting.replaceAll("'", "''");
    const statement = `SELECT 1 AS ${CONTEXT_MARKER} WHERE set_config('audit.context', E'${literal.replaceAll('\\', '\\\\')}', true) IS NULL; `;
    this.messages.query(insertAt(text, positions, statement));
    this.filter(this.withoutMarked(setting, { positions, length: statement.length }));
  }

  /** The server's error belongs to the statement, not to the context, so the filter ends. */
  private withoutResponses(setting: string): Filter {
    let received = 0;
    return (event) => {
      if (event === RESPONSES[received]) {
        received++;
        if (received < RESPONSES.length) return true;
        this.inForce = setting;
        this.stopFilter();
        return true;
      }
      if (event === 'errorMessage' || event === 'readyForQuery') this.stopFilter();
      return false;
    };
  }

  private withoutMarked(setting: string, inserted: Inserted): Filter {
    let isMarked = false;
    return (event, message) => {
      if (event === 'rowDescription' && message?.fields?.length === 1 && message.fields[0]?.name === CONTEXT_MARKER) {
        isMarked = true;
        return true;
      }
      if (event === 'commandComplete' && isMarked) {
        isMarked = false;
        this.inForce = setting;
        return true;
      }
      if (event === 'errorMessage' && message) correctPosition(message, inserted);
      if (event === 'readyForQuery') this.stopFilter();
      return false;
    };
  }

  private filter(hides: Filter): void {
    this.connection.emit = (event, ...args) =>
      hides(event, args[0] as PgMessage | undefined) || this.emit(event, ...args); // pg's messages are objects
  }

  private stopFilter(): void {
    this.connection.emit = this.emit;
  }

  private trackCommand(message: PgMessage | undefined): void {
    const command = message?.text ?? '';
    if (command.startsWith('ROLLBACK')) this.inForce = undefined;
    else if (command.startsWith('COMMIT')) this.inForce = '';
  }

  private trackReady(message: PgMessage | undefined): void {
    this.status = message?.status ?? 'I';
    if (this.status === 'I') this.inForce = '';
  }
}

type Filter = (event: string, message: PgMessage | undefined) => boolean;

function insertAt(text: string, positions: readonly number[], addition: string): string {
  const starts = [0, ...positions];
  return starts.map((start, index) => text.slice(start, starts[index + 1])).join(addition);
}

function correctPosition(message: PgMessage, { positions, length }: Inserted): void {
  if (message.position === undefined) return;
  let position = Number(message.position);
  for (const inserted of positions) if (position > inserted + length) position -= length;
  message.position = String(position);
}

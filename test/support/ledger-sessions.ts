import { Socket } from 'node:net';
import pg from 'pg';
import { withRoles } from './sql.js';

type Rows = readonly Record<string, unknown>[];

interface Connection {
  readonly client: pg.Client;
  readonly socket: Socket;
}

/** The name of a kept connection in `pg_stat_activity`. */
export const KEPT = 'kept by a test';

const GONE = /^57P0|terminated|not queryable|ECONNRESET|EPIPE/;

/**
 * Runs statements at one address. A new connection costs 30 times as much as a short statement, so a connection stays open for the next
 * statement. `DISCARD ALL` makes it like a new one.
 */
export class TestSession {
  #idle: Connection | undefined;

  constructor(private readonly url: string) {}

  /** Statements at the same time have a connection each. */
  async run(text: string, values: readonly unknown[] = []): Promise<Rows> {
    const idle = this.#idle;
    this.#idle = undefined;
    if (idle === undefined) return this.#runWith(await this.#connect(), text, values);
    try {
      idle.socket.ref();
      return await this.#runWith(idle, text, values);
    } catch (error) {
      const { code = '', message } = error as { code?: string; message: string }; // an error of pg
      if (!GONE.test(code) && !GONE.test(message)) throw error;
      return this.#runWith(await this.#connect(), text, values); // a test ended the kept connection
    }
  }

  /** Ends the idle connection. */
  async release(): Promise<void> {
    const idle = this.#idle;
    this.#idle = undefined;
    idle?.socket.ref();
    await idle?.client.end();
  }

  async #connect(): Promise<Connection> {
    const socket = new Socket();
    const client = new pg.Client({ connectionString: this.url, application_name: KEPT, stream: () => socket });
    const connection = { client, socket };
    client.on('error', () => {
      if (this.#idle === connection) this.#idle = undefined;
    });
    await client.connect();
    return connection;
  }

  async #runWith(connection: Connection, text: string, values: readonly unknown[]): Promise<Rows> {
    const { client } = connection;
    try {
      const { rows } = await client.query<Record<string, unknown>>(await withRoles(client, text), [...values]);
      return rows;
    } finally {
      const isClean = await client.query('DISCARD ALL').then(
        () => true,
        () => false, // the statements began a transaction, or ended the connection
      );
      if (isClean && this.#idle === undefined) this.#keep(connection);
      else await client.end();
    }
  }

  /** An idle connection keeps no process alive. */
  #keep(connection: Connection): void {
    connection.socket.unref();
    this.#idle = connection;
  }
}

import { Socket } from 'node:net';
import pg from 'pg';
import { addressWith, AS_VERIFIER } from '../../ledger/ledger-address.js';

type Row = Readonly<Record<string, unknown>>;

const CONNECT_TIMEOUT_MS = 10_000;

const TEXT = (value: string): string => value;
const JSON_VALUE = (value: string): unknown => JSON.parse(value);

/** By type, so that neither the application's parsers nor the session's settings change what is read. */
const PARSERS: ReadonlyMap<number, (value: string) => unknown> = new Map<number, (value: string) => unknown>([
  [16, (value) => value === 't'],
  [17, (value) => Buffer.from(value.slice(2), 'hex')],
  [20, Number],
  [21, Number],
  [23, Number],
  [114, JSON_VALUE],
  [3802, JSON_VALUE],
]);

const TYPES = { getTypeParser: (type: number) => PARSERS.get(type) ?? TEXT };

/** What it takes to read plans that suit pages of a large table, and bytes as this reads them. */
const SETTINGS = `
  SELECT set_config('bytea_output', 'hex', true), set_config('jit', 'off', true),
         set_config('statement_timeout', '0', true), set_config('max_parallel_workers_per_gather', '0', true)`;

/** A connection that sees the ledger as it is at one moment, and changes nothing: a live ledger can be verified. */
export class Snapshot {
  private constructor(
    private readonly client: pg.ClientBase,
    private readonly end: () => Promise<void>,
  ) {}

  /**
   * Connects. Rejects with the client's error.
   *
   * @param id that of another snapshot which is still open, to see the same moment
   * @param signal ends the connection, also while its server hangs
   */
  static async open(connectionUrl: string, id?: string, signal?: AbortSignal): Promise<Snapshot> {
    signal?.throwIfAborted();
    const socket = new Socket();
    const drop = (): void => void socket.destroy();
    signal?.addEventListener('abort', drop);
    const client = new pg.Client({
      connectionString: addressWith(connectionUrl, AS_VERIFIER),
      application_name: 'nestjs-audit-ledger verify',
      connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
      keepAlive: true,
      stream: () => socket,
    });
    client.on('error', ignore); // the statement under way rejects with it
    try {
      await client.connect();
      await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY');
      if (id !== undefined) await client.query(`SET TRANSACTION SNAPSHOT '${id}'`);
      await client.query(SETTINGS);
    } catch (error) {
      await client.end().catch(ignore);
      throw error;
    }
    return new Snapshot(client, async () => {
      await client.end();
      signal?.removeEventListener('abort', drop);
    });
  }

  /** What a connection sees within its own transaction. Its settings change until that ends. */
  static async within(client: pg.ClientBase): Promise<Snapshot> {
    await client.query(SETTINGS);
    return new Snapshot(client, () => Promise.resolve());
  }

  /** For {@link open}, while this one is open. */
  async id(): Promise<string> {
    const [row] = await this.rows('SELECT pg_export_snapshot() AS id');
    return String(row?.id);
  }

  /** Rejects with the client's error. */
  async rows(text: string, values: readonly unknown[] = [], name?: string): Promise<readonly Row[]> {
    const statement = { text, values: [...values], types: TYPES, ...(name === undefined ? {} : { name }) };
    return (await this.client.query<Row>(statement)).rows;
  }

  /** Never rejects. */
  async close(): Promise<void> {
    await this.end().catch(ignore);
  }
}

function ignore(): void {
  // What is lost with the connection is nothing: it only reads.
}

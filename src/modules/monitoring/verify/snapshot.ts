import { Socket } from 'node:net';
import pg from 'pg';
import { addressWith, AS_VERIFIER } from '../store/ledger-address.js';
import { parseJson } from '../../../audit/index.js';
import { requireRole } from '../store/own-session.js';

type Row = Readonly<Record<string, unknown>>;

const CONNECT_TIMEOUT_MS = 10_000;

const TEXT = (value: string): string => value;
const JSON_VALUE = (value: string): unknown => parseJson(value);

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
const ALL_AS_TEXT = { getTypeParser: () => TEXT };

/**
 * What it takes to read plans that suit pages of a large table, and bytes as this reads them; rows whatever a constraint
 * says of them; and the server's own functions, whatever else the search path has of their names.
 */
const SETTINGS = `
  SELECT set_config('bytea_output', 'hex', true), set_config('jit', 'off', true),
         set_config('DateStyle', 'ISO', true), set_config('TimeZone', 'UTC', true),
         set_config('statement_timeout', '0', true), set_config('max_parallel_workers_per_gather', '0', true),
         set_config('constraint_exclusion', 'off', true),
         set_config('search_path', concat_ws(', ', 'pg_catalog', nullif(current_setting('search_path'), '')), true)`;

/** A connection that sees the ledger as it is at one moment, and changes nothing: a live ledger can be verified. */
export class Snapshot {
  private last: Promise<unknown> = Promise.resolve();

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
      types: TYPES,
      connectionString: addressWith(connectionUrl, AS_VERIFIER),
      application_name: 'nestjs-audit-ledger verify',
      connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
      keepAlive: true,
      stream: () => socket,
    });
    client.on('error', ignore); // the statement under way rejects with it
    try {
      await client.connect();
      await requireRole(client, AS_VERIFIER.role);
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

  /** One statement after the other, in the order in which they were asked for. Rejects with the client's error. */
  async rows(text: string, values: readonly unknown[] = [], name?: string): Promise<readonly Row[]> {
    const statement = { text, values: [...values], types: TYPES, ...(name === undefined ? {} : { name }) };
    return (await this.inTurn(() => this.client.query<Row>(statement))).rows;
  }

  /**
   * As {@link rows}, but hands over each row when it comes, so that none is kept: a list of the columns' own texts, bytes in
   * hexadecimal behind `\x`.
   *
   * @param onRow does not throw
   */
  async eachText(
    text: string,
    values: readonly unknown[],
    name: string,
    onRow: (row: readonly (string | null)[]) => void,
  ): Promise<void> {
    const statement: pg.QueryArrayConfig = { text, values: [...values], types: ALL_AS_TEXT, name, rowMode: 'array' };
    const query = new pg.Query<(string | null)[]>(statement);
    await this.inTurn(async () => {
      const ended = new Promise<void>((resolve, reject) => {
        query
          .on('row', onRow)
          .on('end', () => resolve())
          .on('error', reject);
      });
      this.client.query(query);
      await ended;
    });
  }

  /** The client takes one statement at a time; what is given to it meanwhile, a later version of it refuses. */
  private async inTurn<Result>(query: () => Promise<Result>): Promise<Result> {
    const result = this.last.then(query);
    this.last = result.catch(ignore);
    return result;
  }

  /** Never rejects. */
  async close(): Promise<void> {
    await this.end().catch(ignore);
  }
}

function ignore(): void {
  // What is lost with the connection is nothing: it only reads.
}

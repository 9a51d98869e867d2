import { Socket } from 'node:net';
import type { Readable } from 'node:stream';
import pg from 'pg';
import { to as copyTo } from 'pg-copy-streams';
import { settingsOf, type LedgerAccess } from '../access/ledger-access.js';
import { addressWith, AS_READER } from '../store/ledger-address.js';
import { COPIED_EXPRESSIONS, PROOF_EXPRESSIONS } from './copied-row.js';
import { ExportRequestError } from './export-request.error.js';
import { EXACT_JSON } from '../store/exact-json.js';
import { requireRole } from '../store/own-session.js';
import type { LedgerRow } from '../store/ledger-row.js';

/** What an export ends at: only events below it are in it, so that its checkpoint proves each of them. */
export interface ExportMark {
  /** The tree size of the checkpoint; 0 while nothing is sealed. */
  readonly size: number;
  /** The signed note; absent while nothing is sealed. */
  readonly checkpoint?: string;
}

/** Which events are copied. */
export interface CopiedPart {
  /** Of SQL, all of which hold, with the values of their placeholders. */
  readonly conditions: readonly string[];
  readonly values: readonly unknown[];
  readonly mark: number;
  /** Whether what proofs take is copied, too. */
  readonly withProofs: boolean;
  /** The id of the last event that is not copied any more. */
  readonly after?: string | undefined;
  /**
   * The ids that the conditions leave, from the first on and up to the other: the server knows that they hold for the events
   * alone, and would read the places of all.
   */
  readonly from?: string | undefined;
  readonly to?: string | undefined;
}

const CONNECT_TIMEOUT_MS = 10_000;

/**
 * What it takes for a long statement whose rows come in order from the first moment on: by indexes that are in that order, since
 * a planner who reads tables and joins by hashes writes all rows to the disk to sort them, before the first one comes.
 */
const SETTINGS = `
  SET LOCAL statement_timeout = 0; SET LOCAL idle_in_transaction_session_timeout = 0; SET LOCAL jit = off;
  SET LOCAL enable_seqscan = off; SET LOCAL enable_hashjoin = off;
  SET LOCAL max_parallel_workers_per_gather = 0; SET LOCAL extra_float_digits = 1; SET LOCAL bytea_output = 'hex'`;

const MARK = `SELECT size, note FROM audit_checkpoint WHERE $1::bigint IS NULL OR size = $1 ORDER BY size DESC LIMIT 1`;

/** A connection of its own that sees the ledger as it is at one moment, as far as somebody's access reaches. */
export class ExportSession {
  private tiles: Promise<{ readonly client: pg.Client; readonly socket: Socket }> | undefined;

  private constructor(
    private readonly connectionUrl: string,
    private readonly client: pg.Client,
    private readonly socket: Socket,
  ) {}

  /** Connects. Rejects with the client's error. */
  static async open(connectionUrl: string, access: LedgerAccess): Promise<ExportSession> {
    const { client, socket } = clientOf(connectionUrl);
    try {
      await client.connect();
      const reads = Object.entries(settingsOf(access)).map(
        ([name, value]) => `SET LOCAL ${name} = ${client.escapeLiteral(value)}`,
      );
      await client.query(['BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY', ...reads, SETTINGS].join('; '));
      await requireRole(client, AS_READER.role); // of this transaction: row-level security goes by it
    } catch (error) {
      socket.destroy();
      throw error;
    }
    return new ExportSession(connectionUrl, client, socket);
  }

  /**
   * The newest checkpoint, or the one of this size.
   *
   * @throws ExportRequestError (`AUDIT_EXPORT_REQUEST_INVALID`) when there is none of this size
   */
  async findMark(size?: number): Promise<ExportMark> {
    const { rows } = await this.client.query<{ size: string; note: string }>(MARK, [size ?? null]);
    const [newest] = rows;
    if (newest) return { size: Number(newest.size), checkpoint: newest.note };
    if (size !== undefined && size !== 0) throw ExportRequestError.unknownMark(size);
    return { size: 0 };
  }

  /** Copies the rows of these events, by id; in PostgreSQL's text format, as fast as they are read, and no faster. */
  copy({ conditions, values, mark, withProofs, after, from, to }: CopiedPart): Readable {
    const where = ['true', ...conditions]
      .join(' AND ')
      .replace(/\$(\d+)/g, (_, nth) => this.literalOf(values[Number(nth) - 1]));
    const isLater = after === undefined ? '' : ` AND id > ${this.client.escapeLiteral(after)}`;
    const ends = Object.entries({ '>': after, '>=': from, '<': to });
    const places = ends.map(([is, id]) =>
      id === undefined ? '' : ` AND event_id ${is} ${this.client.escapeLiteral(id)}`,
    );
    return this.client.query(
      copyTo(`
        COPY (
          SELECT ${[COPIED_EXPRESSIONS, ...(withProofs ? [PROOF_EXPRESSIONS] : [])].join(', ')}
            FROM audit_event
            JOIN (SELECT index, event_id FROM audit_leaf WHERE index < ${mark}${places.join('')}) place
              ON place.event_id = id
           WHERE (${where})${isLater}
           ORDER BY id
        ) TO STDOUT`),
    );
  }

  /** The rows of a statement about the tree, while a copy is under way: on a connection of its own, which the first one opens. */
  async rowsBeside(text: string, values: readonly unknown[]): Promise<readonly LedgerRow[]> {
    this.tiles ??= this.connectBeside();
    const { client } = await this.tiles;
    return (await client.query<Record<string, unknown>>(text, [...values])).rows;
  }

  /** Ends the connections, also amid a statement. */
  close(): void {
    this.socket.destroy();
    this.tiles?.then(({ socket }) => socket.destroy(), ignore);
  }

  private async connectBeside(): Promise<{ readonly client: pg.Client; readonly socket: Socket }> {
    const beside = clientOf(this.connectionUrl);
    try {
      await beside.client.connect();
    } catch (error) {
      beside.socket.destroy();
      throw error;
    }
    return beside;
  }

  /** COPY takes no parameters. A literal is read as a parameter is: by the type that its place asks for. */
  private literalOf(value: unknown): string {
    if (value === null || value === undefined) return 'NULL';
    if (Array.isArray(value)) return this.client.escapeLiteral(`{${value.map(elementOf).join(',')}}`);
    if (value instanceof Date) return this.client.escapeLiteral(value.toISOString());
    return this.client.escapeLiteral(typeof value === 'string' ? value : JSON.stringify(value));
  }
}

function clientOf(connectionUrl: string): { readonly client: pg.Client; readonly socket: Socket } {
  const socket = new Socket();
  const client = new pg.Client({
    types: EXACT_JSON,
    connectionString: addressWith(connectionUrl, AS_READER),
    application_name: 'nestjs-audit-ledger export',
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    keepAlive: true,
    stream: () => socket,
  });
  client.on('error', ignore); // the statement under way rejects with it
  return { client, socket };
}

function elementOf(value: unknown): string {
  return `"${String(value).replace(/["\\]/g, String.raw`\$&`)}"`;
}

function ignore(): void {
  // What is lost with the connection is nothing: it only reads.
}

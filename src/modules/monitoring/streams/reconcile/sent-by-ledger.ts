import type { Catalogue } from '../../../../audit/plain.js';
import { conditionsOf } from '../../query/event-filter.js';
import { SqlValues } from '../../query/sql-values.js';
import type { LedgerReader } from '../../store/ledger-reader.service.js';
import type { Selection } from '../selection.js';
import { StreamUnknownError } from '../streams.error.js';

/** How far the ledger says that a stream is. */
export interface SentSoFar {
  /** Behind the last acknowledged batch. */
  readonly position: number;
  /** The places before hold nothing else for the stream. */
  readonly looked: number;
  /** The hash of the last acknowledged batch; empty without one. */
  readonly previousHash: string;
}

/** A place of the ledger. */
export interface LedgerPlace {
  readonly index: number;
  readonly leafHash: Buffer;
  /** Whether the ledger still has its event. */
  readonly isThere: boolean;
}

const STREAM = 'SELECT position, looked, previous_hash FROM audit_stream WHERE name = $1';
const KEYS = 'SELECT verifier_key FROM audit_signing_key ORDER BY first_used_at, verifier_key';
const PLACES = `
  SELECT leaf.index, leaf.leaf_hash AS place_hash, EXISTS (SELECT FROM audit_event WHERE id = leaf.event_id) AS is_there
    FROM audit_leaf leaf WHERE leaf.index >= $1 AND leaf.index < $2 ORDER BY leaf.index`;
const ALL = { scope: 'all' } as const;
/** From places to their events, never the other way round. */
const SETTINGS = { enable_hashjoin: 'off', enable_mergejoin: 'off', enable_seqscan: 'off', jit: 'off' };

/** What the ledger says that a stream sent. Every method rejects with the errors of {@link LedgerReader.eventRows}. */
export class SentByLedger {
  constructor(
    private readonly reader: Pick<LedgerReader, 'eventRows'>,
    private readonly catalogue: Catalogue,
  ) {}

  /** The verifier keys that the database names. */
  async keys(): Promise<readonly string[]> {
    return (await this.reader.eventRows(ALL, KEYS, [])).map(({ verifier_key: key }) => String(key));
  }

  /** @throws StreamUnknownError (`AUDIT_STREAM_UNKNOWN`) */
  async progress(stream: string): Promise<SentSoFar> {
    const [row] = await this.reader.eventRows(ALL, STREAM, [stream]);
    if (!row) throw new StreamUnknownError(stream);
    return { position: Number(row.position), looked: Number(row.looked), previousHash: String(row.previous_hash) };
  }

  /** From `first` on, before `end`. */
  async places(first: number, end: number): Promise<readonly LedgerPlace[]> {
    const rows = await this.reader.eventRows(ALL, PLACES, [first, end], SETTINGS);
    return rows.map(({ index, place_hash: leafHash, is_there: isThere }) => ({
      index: Number(index),
      leafHash: leafHash as Buffer, // the column's type, not null
      isThere: isThere === true,
    }));
  }

  /** Which of these places hold an event for the stream; `undefined`: all whose event is there. */
  async selected(
    { filter, access }: Pick<Selection, 'filter' | 'access'>,
    first: number,
    end: number,
  ): Promise<ReadonlySet<number> | undefined> {
    if (access.scope === 'all' && Object.keys(filter).length === 0) return undefined;
    // Loaded on demand: what describes the filters takes tens of megabytes, and many streams have none.
    const { EventFilters } = await import('../../query/event-filters.dto.js');
    const { parseQuery } = await import('../../query/parse-query.js');
    const values = new SqlValues();
    const [from, to] = [values.place(first), values.place(end)];
    const conditions = conditionsOf(parseQuery(EventFilters, filter), { access, values, meaning: this.catalogue });
    const text = `
      SELECT place FROM (SELECT index AS place, event_id FROM audit_leaf
                          WHERE index >= ${from}::bigint AND index < ${to}::bigint ORDER BY index) AS sealed
        JOIN audit_event ON id = event_id WHERE ${['true', ...conditions].join(' AND ')}`;
    const rows = await this.reader.eventRows(access, text, values.list, SETTINGS);
    return new Set(rows.map(({ place }) => Number(place)));
  }
}

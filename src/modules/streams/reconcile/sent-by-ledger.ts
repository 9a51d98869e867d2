import { Catalogue } from '../../../audit/plain.js';
import type { FollowedKeys } from '../../monitoring/acts/key-acts.js';
import { ACT_EVENTS } from '../../monitoring/acts/act-types.js';
import type { CheckpointTrust } from '../../monitoring/log/notes/checkpoint.js';
import { LEAVES_FIRST } from '../../monitoring/query/places/sealed-events.service.js';
import { SqlValues } from '../../monitoring/query/sql-values.js';
import type { LedgerReader } from '../../monitoring/store/ledger-reader.service.js';
import { actOf } from '../../monitoring/acts/act-note.js';
import { followStoredKeys } from '../../monitoring/verify/known-keys.js';
import { selectedAt } from '../selected-events.js';
import type { Selection } from '../selection.js';
import { readCursor, type StreamCursor } from '../stream-cursor.js';
import { StreamContradictedError, StreamUnknownError } from '../streams.error.js';

/** The position of a stream, and the hash of its last acknowledged batch. */
export type SentSoFar = Pick<StreamCursor, 'position' | 'looked' | 'previousHash'>;

/** A selection that a signed act states for a stream. */
export interface StatedSelection {
  readonly digest: string;
  /** The sequence number of the next act that changed the selection. Batches of this selection end before that act. */
  end: number;
}

interface LedgerPlace {
  readonly index: number;
  readonly leafHash: Buffer;
  readonly isThere: boolean;
}

const STREAM = 'SELECT cursor FROM audit_stream WHERE name = $1';
const ACTS = `
  SELECT note, index FROM audit_act act LEFT JOIN audit_leaf leaf ON leaf.event_id = act.event_id
   WHERE type = '${ACT_EVENTS.stream_change.type}' ORDER BY number`;
const KEYS = 'SELECT verifier_key FROM audit_signing_key ORDER BY first_used_at, verifier_key';
const PLACES = `
  SELECT leaf.index::float8, leaf.leaf_hash AS "leafHash", EXISTS (SELECT FROM audit_event WHERE id = leaf.event_id) AS "isThere"
    FROM audit_leaf leaf WHERE leaf.index >= $1 AND leaf.index < $2 ORDER BY leaf.index`;
const ALL = { scope: 'all' } as const;

/** Reads from the ledger which events a stream sent. Every method rejects with the errors of {@link LedgerReader.eventRows}. */
export class SentByLedger {
  private readonly catalogue = new Catalogue();

  constructor(private readonly reader: Pick<LedgerReader, 'eventRows'>) {}

  async keys(): Promise<readonly string[]> {
    return (await this.reader.eventRows(ALL, KEYS, [])).map(({ verifier_key: key }) => String(key));
  }

  /** Returns the given keys, and the keys that signed acts of key changes add. */
  async follow(given: CheckpointTrust): Promise<FollowedKeys> {
    return followStoredKeys({ rows: (text, values) => this.reader.eventRows(ALL, text, values ?? []) }, given);
  }

  /**
   * Reads the signed position of a stream.
   *
   * @throws StreamUnknownError (`AUDIT_STREAM_UNKNOWN`), StreamContradictedError (`AUDIT_STREAM_CONTRADICTED`)
   */
  async progress(stream: string, trust: CheckpointTrust): Promise<SentSoFar> {
    const [row] = await this.reader.eventRows(ALL, STREAM, [stream]);
    if (!row) throw new StreamUnknownError(stream);
    const cursor = readCursor(row.cursor, stream, trust);
    if (!cursor) throw new StreamContradictedError(stream, 'none of the keys signed its cursor');
    return cursor;
  }

  /** Reads the selections that the signed acts of a stream state, in order. */
  async selections(stream: string, trust: CheckpointTrust): Promise<readonly StatedSelection[]> {
    const stated: StatedSelection[] = [];
    for (const { note, index } of await this.reader.eventRows(ALL, ACTS, [])) {
      const { statement } = actOf(String(note), trust) ?? {};
      if (statement?.stream !== stream || typeof statement.selection !== 'string') continue;
      const before = stated.at(-1);
      if (before) before.end = index === null ? Infinity : Number(index);
      stated.push({ digest: statement.selection, end: Infinity });
    }
    return stated;
  }

  /** Reads the leaves from `first` to `end` - 1, and whether the ledger still has each event. */
  async places(first: number, end: number): Promise<readonly LedgerPlace[]> {
    const rows = await this.reader.eventRows(ALL, PLACES, [first, end], LEAVES_FIRST);
    return rows as unknown as readonly LedgerPlace[]; // the selected columns
  }

  /** Reads the sequence numbers of selected events; `undefined` if the selection includes all events. */
  async selected(
    selection: Pick<Selection, 'filter' | 'access'>,
    first: number,
    end: number,
  ): Promise<ReadonlySet<number> | undefined> {
    const { filter, access } = selection;
    if (access.scope === 'all' && Object.keys(filter).length === 0) return undefined;
    const values = new SqlValues();
    const selected = selectedAt(selection, { first, last: end - 1 }, { values, meaning: this.catalogue });
    const rows = await this.reader.eventRows(access, `SELECT place FROM ${selected}`, values.list, LEAVES_FIRST);
    return new Set(rows.map(({ place }) => Number(place)));
  }
}

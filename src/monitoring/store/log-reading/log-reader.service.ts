import { Inject, Injectable } from '@nestjs/common';
import { toFacts, LEDGER_COLUMNS, selectTimeText, type LedgerRow } from '../ledger-row.js';
import { PrimaryReader } from '../ledger-reader.service.js';
import { hashLeaf, isSameHash } from '../../proof/log/merkle/hashes.js';
import { parseVerifierKey, type NoteVerifier } from '../../proof/log/notes/note-signer.js';
import { addSignatures, parseNote, parseSignatureLines } from '../../proof/log/notes/signed-note.js';
import { TILE_WIDTH, type TileAddress } from '../../proof/log/tiles/tile-address.js';
import type { TileReader } from '../../proof/log/tiles/tile-reader.js';
import { findTiles, createTileReader } from './find-tiles.js';
import { encodeEntry, sealFacts } from '../../proof/sealing/seal-event.js';
import { ledgerErrors } from '../../errors/ledger.errors.js';

/** The trusted witnesses, and the number of their cosignatures with which a checkpoint is preferred to a newer checkpoint. */
export interface QuorumOptions {
  readonly witnesses: readonly { readonly verifierKey: string }[];
  readonly witnessQuorum: number;
}

export const QUORUM_OPTIONS = Symbol.for('nestjs-audit-ledger:quorum-options');

/** A checkpoint from the database. The caller must verify the signatures of the note. */
export interface StoredCheckpoint {
  readonly size: number;
  /** The signed note. A checkpoint with a quorum also has the cosignatures of the configured witnesses. */
  readonly note: string;
}

const NEWEST = 'SELECT size, note FROM audit_checkpoint ORDER BY size DESC LIMIT 1';

/** The newest checkpoint with a witness quorum. Only the last 1,000 cosignatures are considered. */
const COSIGNED = `
  SELECT size, note, ARRAY(SELECT line FROM audit_cosignature own WHERE own.size = checkpoint.size
                            ORDER BY witness_name, key_id) AS lines
    FROM audit_checkpoint checkpoint WHERE size = (
      SELECT size FROM (
        SELECT size, witness_name FROM audit_cosignature
         WHERE (witness_name, key_id) IN (SELECT * FROM unnest($1::text[], $2::bigint[]))
         ORDER BY size DESC LIMIT 1000) recent
       GROUP BY size HAVING count(DISTINCT witness_name) >= $3 ORDER BY size DESC LIMIT 1)`;

const LEAVES = 'SELECT event_id, leaf_hash FROM audit_leaf WHERE index >= $1 AND index < $2 ORDER BY index';
const EVENTS = `SELECT ${LEDGER_COLUMNS} FROM audit_event WHERE id = ANY ($1::uuid[])`;
const ARCHIVE = `
  SELECT r.archive FROM audit_retirement r JOIN audit_retired_range place ON place.retirement_id = r.id
   WHERE r.state IN ('announced', 'retired') AND place.first_index <= $1 AND place.last_index >= $1 LIMIT 1`;
/** The tables allow several leaves for one event; the first leaf counts. */
const INDEX =
  'SELECT index FROM audit_leaf WHERE event_id = $1::uuid AND index >= 0 AND index = index::bigint ORDER BY index LIMIT 1';
const KEYS = `SELECT verifier_key, ${selectTimeText('first_used_at')} AS first_used_at FROM audit_signing_key`;

/** Reads the stored log. Rejects with `AUDIT_LEDGER_UNAVAILABLE` when the database cannot be read. */
@Injectable()
export class LogReader {
  private readonly witnesses: readonly NoteVerifier[];
  private readonly quorum: number;

  constructor(
    @Inject(PrimaryReader) private readonly reader: PrimaryReader,
    @Inject(QUORUM_OPTIONS) { witnesses, witnessQuorum }: QuorumOptions,
  ) {
    this.witnesses = witnesses.map(({ verifierKey }) => parseVerifierKey(verifierKey));
    this.quorum = witnessQuorum;
  }

  /** Returns the newest checkpoint; `undefined` while nothing is sealed. */
  async newestCheckpoint(): Promise<StoredCheckpoint | undefined> {
    const [row] = await this.reader.rows(NEWEST, [], 'audit_checkpoint_newest');
    return row && toStoredCheckpoint(row);
  }

  /**
   * Returns the newest checkpoint with a quorum of cosignatures, if its size is at least `minSize`. Otherwise, returns the newest
   * checkpoint.
   */
  async servedCheckpoint(minSize = 0): Promise<StoredCheckpoint | undefined> {
    const cosigned = await this.cosignedCheckpoint();
    return cosigned && cosigned.size >= minSize ? cosigned : this.newestCheckpoint();
  }

  /** Returns the newest checkpoint with a quorum, and its cosignatures. */
  async cosignedCheckpoint(): Promise<StoredCheckpoint | undefined> {
    if (this.quorum === 0) return undefined;
    const keys = [this.witnesses.map(({ name }) => name), this.witnesses.map(({ keyId }) => keyId)];
    const [row] = await this.reader.rows(COSIGNED, [...keys, this.quorum]);
    return row && this.withCosignatures(toStoredCheckpoint(row), row.lines as readonly string[]); // an array of texts
  }

  /**
   * Reads a tile for a proof. Tiles that are requested together are read in one query. Rejects with `AUDIT_LOG_DAMAGED`.
   */
  readonly readTile: TileReader = createTileReader((text, values) => this.reader.rows(text, values, 'audit_tiles'));

  /** Returns the first `width` hashes of each tile, concatenated. A tile with fewer hashes is `undefined`. */
  async findTiles(addresses: readonly TileAddress[]): Promise<readonly (Uint8Array | undefined)[]> {
    return findTiles(addresses, (text, values) => this.reader.rows(text, values, 'audit_tiles'));
  }

  /**
   * Returns the first `width` entries of a bundle; `undefined` if the log has fewer entries.
   *
   * @throws `AUDIT_ENTRIES_MISSING` when the ledger has removed events of the bundle
   * @throws `AUDIT_LOG_DAMAGED` if the hash of an entry differs from the stored leaf hash
   */
  async findEntries(index: number, width: number): Promise<readonly Uint8Array[] | undefined> {
    const first = index * TILE_WIDTH;
    const leaves = await this.reader.rows(LEAVES, [first, first + width]);
    if (leaves.length < width) return undefined;
    const ids = leaves.map((row) => String(row.event_id));
    const events = await this.reader.eventRows({ scope: 'all' }, EVENTS, [ids]);
    const rows = new Map(events.map((row) => [row.id, row]));
    const missing = ids.findIndex((id) => !rows.has(id));
    if (missing >= 0) {
      const [retired] = await this.reader.rows(ARCHIVE, [first + missing]);
      throw ledgerErrors.AUDIT_ENTRIES_MISSING(
        ids.length - rows.size,
        first + missing,
        retired && String(retired.archive),
      );
    }
    return leaves.map(({ event_id: id, leaf_hash: leaf }, nth) => {
      const entry = toEntry(rows.get(String(id)) ?? {});
      if (!(leaf instanceof Uint8Array) || !isSameHash(hashLeaf(entry), leaf))
        throw ledgerErrors.AUDIT_LOG_DAMAGED.entry(first + nth);
      return entry;
    });
  }

  /** Returns the index of the event in the log, from 0; `undefined` until the event is sealed. */
  async findIndex(eventId: string): Promise<number | undefined> {
    const [row] = await this.reader.rows(INDEX, [eventId], 'audit_leaf_place');
    return row && Number(row.index);
  }

  /** Returns the time of each verifier key's first signature (RFC 3339). Do not trust these times: no signature covers them. */
  async firstUses(): Promise<ReadonlyMap<string, string>> {
    const rows = await this.reader.rows(KEYS, []);
    return new Map(rows.map((row) => [String(row.verifier_key), String(row.first_used_at)]));
  }

  /** Adds only cosignatures of the configured witnesses, because other lines would make the note invalid. */
  private withCosignatures(checkpoint: StoredCheckpoint, lines: readonly string[]): StoredCheckpoint {
    const { text } = parseNote(checkpoint.note);
    const signatures = lines
      .flatMap(parseSignatureLines)
      .filter(({ name, keyId, signature }) =>
        this.witnesses.some((key) => key.name === name && key.keyId === keyId && key.isSignature(text, signature)),
      );
    return { ...checkpoint, note: addSignatures(checkpoint.note, signatures) };
  }
}

function toStoredCheckpoint(row: LedgerRow): StoredCheckpoint {
  return { size: Number(row.size), note: String(row.note) };
}

/** The entry contains the commitment instead of the personal part. `row` needs {@link LEDGER_COLUMNS}. */
function toEntry(row: LedgerRow): Uint8Array {
  const commitment = Buffer.isBuffer(row.personal_commitment) ? row.personal_commitment.toString('base64') : undefined;
  return encodeEntry(sealFacts(toFacts(row), commitment));
}

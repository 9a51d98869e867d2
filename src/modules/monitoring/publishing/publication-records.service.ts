import { Inject, Injectable } from '@nestjs/common';
import { BackgroundPool } from '../store/sessions/background-pool.service.js';
import { LedgerStateReader } from '../store/ledger-state-reader.service.js';
import type { NoteSignature } from '../log/notes/signed-note.js';

/** The last publication to a destination. */
export interface Publication {
  readonly size: number;
  readonly rootHash: Uint8Array;
  readonly publishedAt: Date;
}

const ALL = 'SELECT destination, size, root, published_at FROM audit_publication';

/** The seconds since each of the named destinations got a checkpoint. */
export const PUBLISHED_AGES = `
  SELECT destination, extract(epoch FROM clock_timestamp() - published_at)::float8 AS age
    FROM audit_publication WHERE destination = ANY ($1)`;

const PUBLISHED = `
  INSERT INTO audit_publication (destination, size, root) VALUES ($1, $2, $3)
  ON CONFLICT (destination) DO UPDATE SET size = excluded.size, root = excluded.root, published_at = clock_timestamp()`;

const COSIGNED = `
  INSERT INTO audit_cosignature (size, witness_name, key_id, line) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING`;

/** Stores in the database what was published where, for the next leader and for `/health`. Rejects with the client's error. */
@Injectable()
export class PublicationRecords {
  constructor(
    @Inject(BackgroundPool) private readonly sessions: BackgroundPool,
    @Inject(LedgerStateReader) private readonly reader: Pick<LedgerStateReader, 'rows'>,
  ) {}

  /** The last publication by destination. */
  async all(): Promise<ReadonlyMap<string, Publication>> {
    const rows = await this.reader.rows(ALL);
    return new Map(rows.map((row) => [String(row.destination), publicationOfRow(row)]));
  }

  async keepPublication(destination: string, size: number, rootHash: Uint8Array): Promise<void> {
    await this.sessions.rows(PUBLISHED, [destination, size, rootHash]);
  }

  /** @param line the signature's line in the note */
  async keepCosignature(size: number, { name, keyId }: NoteSignature, line: string): Promise<void> {
    await this.sessions.rows(COSIGNED, [size, name, keyId, line]);
  }
}

/** The values have the types of the columns. */
function publicationOfRow(row: Readonly<Record<string, unknown>>): Publication {
  return { size: Number(row.size), rootHash: row.root as Buffer, publishedAt: row.published_at as Date };
}

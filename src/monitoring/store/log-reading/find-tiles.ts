import { queueMicrotask } from '../../../audit/nest-free.js';
import type { LedgerRow } from '../ledger-row.js';
import { HASH_BYTES } from '../../proof/log/merkle/hashes.js';
import type { TileAddress } from '../../proof/log/tiles/tile-address.js';
import { formatTilePath } from '../../proof/log/tiles/tile-path.js';
import type { TileReader } from '../../proof/log/tiles/tile-reader.js';
import { ledgerErrors } from '../../errors/ledger.errors.js';

type Query = (text: string, values: readonly unknown[]) => Promise<readonly LedgerRow[]>;

const TILES = `
  SELECT nth, substring(hashes FROM 1 FOR wanted.width * ${HASH_BYTES}) AS hashes
    FROM unnest($1::smallint[], $2::bigint[], $3::int[]) WITH ORDINALITY AS wanted (level, index, width, nth)
    JOIN audit_tile tile ON tile.level = wanted.level AND tile.index = wanted.index AND tile.width >= wanted.width`;

/** Reads the first `width` hashes of each tile in one query; `undefined` for a tile with fewer hashes. Rejects with the errors of `query`. */
export async function findTiles(
  addresses: readonly TileAddress[],
  query: Query,
): Promise<readonly (Uint8Array | undefined)[]> {
  const columns = (['level', 'index', 'width'] as const).map((name) => addresses.map((address) => address[name]));
  const rows = await query(TILES, columns);
  const tiles = new Map(rows.map((row) => [Number(row.nth), row.hashes as Buffer])); // the column's type
  return addresses.map((_, nth) => tiles.get(nth + 1));
}

interface Waiting {
  readonly address: TileAddress;
  readonly resolve: (tile: Promise<Uint8Array>) => void;
}

/**
 * Makes a tile reader for proofs. One statement reads all tiles that are requested in one turn of the event loop, so a proof waits for the
 * database once. The reader rejects with `AUDIT_LOG_DAMAGED`, or with the error of `query`.
 */
export function createTileReader(query: Query): TileReader {
  let waiting: Waiting[] = [];
  const readAll = (): void => {
    const batch = waiting;
    waiting = [];
    const tiles = findTiles(
      batch.map(({ address }) => address),
      query,
    );
    for (const [nth, { address, resolve }] of batch.entries()) {
      resolve(
        tiles.then(({ [nth]: tile }) => {
          if (!tile) throw ledgerErrors.AUDIT_LOG_DAMAGED.tile(formatTilePath(address));
          return tile;
        }),
      );
    }
  };
  return (level, index, width) =>
    new Promise((resolve) => {
      if (waiting.length === 0) queueMicrotask(readAll);
      waiting.push({ address: { level, index, width }, resolve });
    });
}

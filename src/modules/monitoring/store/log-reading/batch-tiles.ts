import type { TileAddress } from '../../log/tiles/tile-address.js';
import type { TileReader } from '../../log/tiles/tile-reader.js';

/** Reads several tiles at once, in their order; `undefined` for missing ones. */
export type TilesReader = (addresses: readonly TileAddress[]) => Promise<readonly (Uint8Array | undefined)[]>;

interface Waiting {
  readonly address: TileAddress;
  readonly resolve: (tile: Promise<Uint8Array>) => void;
}

/**
 * Makes a reader that reads all tiles requested in one turn of the event loop at once, so that a proof waits for the database only once.
 *
 * @param refuse makes the error for a tile that is not there
 */
export function batchTiles(readTiles: TilesReader, refuse: (address: TileAddress) => Error): TileReader {
  let waiting: Waiting[] = [];
  const readAll = (): void => {
    const batch = waiting;
    waiting = [];
    const tiles = readTiles(batch.map(({ address }) => address));
    for (const [nth, { address, resolve }] of batch.entries()) {
      resolve(
        tiles.then(({ [nth]: tile }) => {
          if (!tile) throw refuse(address);
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

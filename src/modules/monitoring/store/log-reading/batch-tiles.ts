import type { TileAddress } from '../../log/tiles/tile-address.js';
import type { TileReader } from '../../log/tiles/tile-reader.js';

/** Reads several tiles at once, in their order; `undefined` for missing ones. */
export type TilesReader = (addresses: readonly TileAddress[]) => Promise<readonly (Uint8Array | undefined)[]>;

interface Waiting {
  readonly address: TileAddress;
  readonly resolve: (tile: Promise<Uint8Array>) => void;
}

/**
 * A reader that asks for all tiles that are wanted in one turn of the event loop at once: a proof wants all of its tiles, and
 * then waits for the database once.
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

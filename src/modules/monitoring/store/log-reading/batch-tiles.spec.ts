import { describe, expect, it } from '@jest/globals';
import type { TileAddress } from '../../log/tiles/tile-address.js';
import { batchTiles } from './batch-tiles.js';

describe('tiles that are read together', () => {
  const asked: (readonly TileAddress[])[] = [];
  const read = batchTiles(
    (addresses) => {
      asked.push(addresses);
      return Promise.resolve(addresses.map(({ index }) => (index < 9 ? Uint8Array.of(index) : undefined)));
    },
    ({ index }) => new Error(`no tile ${index}`),
  );

  it('are asked for once a turn, and each caller gets its own', async () => {
    expect(await Promise.all([read(0, 1, 256), read(1, 2, 7)])).toEqual([Uint8Array.of(1), Uint8Array.of(2)]);
    expect(await read(0, 3, 256)).toEqual(Uint8Array.of(3));
    expect(asked.map(({ length }) => length)).toEqual([2, 1]);
    expect(asked[0]?.[1]).toEqual({ level: 1, index: 2, width: 7 });
  });

  it('are refused one by one', async () => {
    const both = await Promise.allSettled([read(0, 9, 256), read(0, 4, 256)]);
    expect(both).toMatchObject([{ reason: { message: 'no tile 9' } }, { value: Uint8Array.of(4) }]);
  });

  it('reject together when they cannot be read', async () => {
    const broken = batchTiles(
      () => Promise.reject(new Error('no database')),
      () => new Error('none'),
    );
    const both = await Promise.allSettled([broken(0, 1, 256), broken(0, 2, 256)]);
    expect(both.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  });
});

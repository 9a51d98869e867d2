import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  toHex,
  naiveConsistency,
  naiveInclusion,
  naiveRoot,
  sampleLeaves,
} from '../../../../../test/support/naive-tree.js';
import { verifyConsistency } from '../merkle/verify-consistency.js';
import { verifyInclusion } from '../merkle/verify-inclusion.js';
import { TreeFrontier } from '../merkle/tree-frontier.js';
import { decodeBundle, encodeBundle } from './entry-bundle.js';
import { proveConsistency, proveInclusion } from './prove-inclusion.js';
import { parseTilePath, formatTilePath } from './tile-path.js';
import type { TileReader } from './tile-reader.js';
import { EMPTY_EDGE, extendEdge, readEdge, computeEdgeRoot, type Tile } from './tree-edge.js';
import { newTiles } from '../../../../../test/support/new-tiles.js';
import { runs } from '../../../../../test/support/whole.js';

class TileStore {
  readonly tiles = new Map<string, Tile>();
  reads = 0;

  keep(tiles: readonly Tile[]): void {
    for (const tile of tiles) this.tiles.set(formatTilePath(tile), tile);
  }

  readonly read: TileReader = (level, index, width) => {
    this.reads += 1;
    const tile = this.tiles.get(formatTilePath({ level, index, width }));
    return tile ? Promise.resolve(tile.hashes) : Promise.reject(new Error(`no tile ${level}/${index}, ${width} wide`));
  };
}

function createStore(leaves: readonly Uint8Array[], batches: readonly number[]): TileStore {
  const store = new TileStore();
  let edge = EMPTY_EDGE;
  for (const size of [...batches, leaves.length]) {
    const grown = extendEdge(edge, leaves.slice(edge.size, size));
    store.keep(grown.tiles);
    edge = grown.edge;
  }
  return store;
}

const SMALL = sampleLeaves(600);
const LARGE = sampleLeaves(66_000);

describe('the path of a tile', () => {
  it.each([
    [{ level: 0, index: 0, width: 256 }, 'tile/0/000'],
    [{ level: 0, index: 0, width: 1 }, 'tile/0/000.p/1'],
    [{ level: 1, index: 999, width: 255 }, 'tile/1/999.p/255'],
    [{ level: 0, index: 1_000, width: 256 }, 'tile/0/x001/000'],
    [{ level: 0, index: 1_234_067, width: 256 }, 'tile/0/x001/x234/067'],
    [{ level: 63, index: 1_234_067, width: 12 }, 'tile/63/x001/x234/067.p/12'],
    [{ level: 'entries', index: 273, width: 112 }, 'tile/entries/273.p/112'],
  ] as const)('%j is %s, both ways', (resource, path) => {
    expect(formatTilePath(resource)).toBe(path);
    expect(parseTilePath(path)).toEqual(resource);
  });

  it('is parsed from its text, for every tile', () => {
    const level = fc.oneof(fc.integer({ min: 0, max: 63 }), fc.constant('entries' as const));
    fc.assert(
      fc.property(level, fc.maxSafeNat(), fc.integer({ min: 1, max: 256 }), (level, index, width) => {
        expect(parseTilePath(formatTilePath({ level, index, width }))).toEqual({ level, index, width });
      }),
    );
  });

  it.each([
    '',
    'tile/0/0000',
    'tile/64/000',
    'tile/0/x000/000',
    'tile/0/x001',
    'tile/0/000.p/0',
    'tile/0/000.p/256',
    '/tile/0/000',
    'tile/0/000\n',
    'tile/0/x999/x999/x999/x999/x999/999',
    'tile/0/٠٠٠',
  ])('is not %j', (path) => {
    expect(() => parseTilePath(path)).toThrow(expect.objectContaining({ code: 'AUDIT_TILE_PATH_INVALID' }));
  });
});

describe('the tiles of a tree', () => {
  it('are those of the specification’s examples', () => {
    expect(newTiles(0, 70_000)).toHaveLength(273 + 1 + 1 + 1 + 1);
    expect(newTiles(0, 256)).toEqual([
      { level: 0, index: 0, width: 256 },
      { level: 1, index: 0, width: 1 },
    ]);
    expect(newTiles(0, 0)).toEqual([]);
  });

  it('contain the hashes of the specification, in whatever steps the tree grew', () => {
    const sizes = fc.array(fc.nat(600), { maxLength: 6 }).map((list) => list.sort((a, b) => a - b));
    fc.assert(
      fc.property(sizes, (steps) => {
        let edge = EMPTY_EDGE;
        for (const size of steps) {
          const grown = extendEdge(edge, SMALL.slice(edge.size, size));
          expect(grown.tiles.map(({ level, index, width }) => ({ level, index, width }))).toEqual(
            newTiles(edge.size, size),
          );
          for (const { level, index, width, hashes } of grown.tiles) {
            const span = 256 ** level;
            const expected = Array.from({ length: width }, (_, nth) => {
              const start = (index * 256 + nth) * span;
              return naiveRoot(SMALL.slice(start, start + span));
            });
            expect(Buffer.compare(hashes, Buffer.concat(expected))).toBe(0);
          }
          edge = grown.edge;
          expect(toHex([computeEdgeRoot(edge)])).toEqual(toHex([naiveRoot(SMALL.slice(0, size))]));
        }
      }),
      { numRuns: runs(60) },
    );
  });

  it('have the edge and the root of every size up to 600', async () => {
    const store = createStore(SMALL, [...SMALL.keys()]);
    let edge = EMPTY_EDGE;
    for (let size = 0; size <= SMALL.length; size++) {
      const read = await readEdge(size, store.read);
      expect([read.size, ...toHex(read.partials)]).toEqual([edge.size, ...toHex(edge.partials)]);
      expect(toHex([computeEdgeRoot(read)])).toEqual(toHex([computeEdgeRoot(edge)]));
      edge = extendEdge(edge, SMALL.slice(size, size + 1)).edge;
    }
  });

  it('of a wrong length are refused', async () => {
    const short: TileReader = () => Promise.resolve(new Uint8Array(31));
    for (const read of [proveInclusion(0, 2, short), readEdge(1, short)]) {
      await expect(read).rejects.toThrow(expect.objectContaining({ code: 'AUDIT_TILE_INVALID' }));
    }
  });
});

describe('proofs from tiles', () => {
  it('are those of the RFC at every index and size up to 40, and some beyond a tile', async () => {
    const store = createStore(SMALL, [...SMALL.keys()]);
    for (const size of [...Array(41).keys(), 255, 256, 257, 511, 512, 513, 600]) {
      const leaves = SMALL.slice(0, size);
      const step = size > 40 ? 67 : 1;
      for (let at = 0; at < size; at += step) {
        expect(toHex(await proveInclusion(at, size, store.read))).toEqual(toHex(naiveInclusion(at, leaves)));
        expect(toHex(await proveConsistency(at, size, store.read))).toEqual(toHex(naiveConsistency(at, leaves)));
      }
    }
  });

  it('hold in a tree of 66,000 leaves, of three levels', async () => {
    const store = createStore(LARGE, [1, 255, 256, 4_352, 65_536, 65_537]);
    const frontier = new TreeFrontier();
    for (const leaf of LARGE) frontier.append(leaf);
    const head = { size: LARGE.length, rootHash: frontier.root() };
    expect(computeEdgeRoot(await readEdge(head.size, store.read))).toEqual(head.rootHash);

    const index = fc.nat(LARGE.length - 1);
    const some = fc.oneof(index, fc.constantFrom(0, 255, 256, 65_535, 65_536, LARGE.length - 1));
    await fc.assert(
      fc.asyncProperty(some, async (at) => {
        store.reads = 0;
        const hashes = await proveInclusion(at, head.size, store.read);
        expect(store.reads).toBeLessThanOrEqual(5); // the one tile of level 2, two below
        const leafHash = LARGE[at] ?? new Uint8Array();
        expect(verifyInclusion({ index: at, size: head.size, leafHash, hashes }, head.rootHash)).toBe(true);
      }),
    );
    for (const size of [1, 255, 256, 4_352, 65_536, 65_537, head.size]) {
      const older = { size, rootHash: computeEdgeRoot(await readEdge(size, store.read)) };
      store.reads = 0;
      const hashes = await proveConsistency(size, head.size, store.read);
      expect(store.reads).toBeLessThanOrEqual(5);
      expect(verifyConsistency(older, head, hashes)).toBe(true);
    }
  });
});

describe('a bundle of entries', () => {
  it('is decoded to its entries', () => {
    const entries = fc.array(fc.uint8Array({ maxLength: 500 }), { minLength: 1, maxLength: 256 });
    fc.assert(
      fc.property(entries, (input) => {
        const decoded = decodeBundle(encodeBundle(input), input.length);
        expect(toHex(decoded)).toEqual(toHex(input));
      }),
    );
  });

  it('is refused when it is cut, or has more or fewer entries than it should', () => {
    const bundle = encodeBundle([Buffer.from('one'), Buffer.from('two')]);
    for (let length = 0; length < bundle.length; length++) {
      expect(() => decodeBundle(bundle.subarray(0, length), 2)).toThrow(
        expect.objectContaining({ code: 'AUDIT_PROOF_INVALID' }),
      );
    }
    expect(() => decodeBundle(bundle, 1)).toThrow(expect.objectContaining({ code: 'AUDIT_PROOF_INVALID' }));
    expect(() => decodeBundle(bundle, 3)).toThrow(expect.objectContaining({ code: 'AUDIT_PROOF_INVALID' }));
  });
});

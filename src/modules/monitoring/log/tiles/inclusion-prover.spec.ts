import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { sampleLeaves } from '../../../../../test/support/naive-tree.js';
import { InclusionProver } from './inclusion-prover.js';
import { proveInclusion } from './prove.js';
import { tilePath } from './tile-path.js';
import type { TileReader } from './tile-reader.js';
import { EMPTY_EDGE, growEdge } from './tree-edge.js';
import { runs } from '../../../../../test/support/whole.js';

const LEAVES = sampleLeaves(140_000);

const grown = new Map<number, ReadonlyMap<string, Uint8Array>>();

/** By their paths. A tree is grown once. */
function tilesOf(size: number): ReadonlyMap<string, Uint8Array> {
  const before = grown.get(size);
  if (before) return before;
  const { tiles } = growEdge(EMPTY_EDGE, LEAVES.slice(0, size));
  const made = new Map(tiles.map((tile) => [tilePath(tile), tile.hashes] as const));
  grown.set(size, made);
  return made;
}

/** The tiles of a tree of so many leaves, and how often each was read. */
function treeOf(size: number): { readonly readTile: TileReader; readonly reads: Map<string, number> } {
  const tiles = tilesOf(size);
  const reads = new Map<string, number>();
  const readTile: TileReader = (level, index, width) => {
    const path = tilePath({ level, index, width });
    reads.set(path, (reads.get(path) ?? 0) + 1);
    const tile = tiles.get(path);
    return tile ? Promise.resolve(tile) : Promise.reject(new Error(`no tile ${path}`));
  };
  return { readTile, reads };
}

describe('proofs of many leaves', () => {
  it('are those that are made one by one, in trees of every size, in any order', async () => {
    const tree = fc
      .oneof(fc.integer({ min: 1, max: 1_100 }), fc.constantFrom(65_536, 65_537, 131_073, 140_000))
      .chain((size) =>
        fc.tuple(fc.constant(size), fc.array(fc.nat({ max: size - 1 }), { minLength: 1, maxLength: 20 })),
      );
    await fc.assert(
      fc.asyncProperty(tree, async ([size, indexes]) => {
        const { readTile } = treeOf(size);
        const prover = new InclusionProver(size, readTile);
        for (const index of [...indexes, size - 1]) {
          await prover.prepare(index);
          expect(prover.prove(index)).toEqual(await proveInclusion(index, size, readTile));
        }
      }),
      { numRuns: runs(60) },
    );
  });

  it('are refused outside of the tree, and where a tile is missing', async () => {
    const { readTile } = treeOf(10);
    await expect(new InclusionProver(10, readTile).prepare(10)).rejects.toThrow('Cannot');
    await expect(new InclusionProver(11, readTile).prepare(3)).rejects.toThrow('no tile');
  });
});

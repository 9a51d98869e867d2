import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  toHex,
  naiveConsistency,
  naiveInclusion,
  naiveRoot,
  sampleLeaves,
} from '../../../../../test/support/naive-tree.js';
import { verifyConsistency } from './verify-consistency.js';
import { EMPTY_ROOT, hashChildren, hashLeaf } from './hashes.js';
import { verifyInclusion } from './verify-inclusion.js';
import { TreeFrontier } from './tree-frontier.js';
import { listConsistencyRanges, listInclusionRanges } from './tree-shape.js';

const LEAVES = sampleLeaves(300);

describe('the tree of RFC 6962', () => {
  it('has the roots of the known tree of eight leaves', () => {
    const entries = [
      '',
      '00',
      '10',
      '2021',
      '3031',
      '40414243',
      '5051525354555657',
      '606162636465666768696a6b6c6d6e6f',
    ];
    const frontier = new TreeFrontier();
    const roots = entries.map((entry) => {
      frontier.append(hashLeaf(Buffer.from(entry, 'hex')));
      return frontier.root();
    });
    expect(toHex(roots)).toEqual([
      '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d',
      'fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125',
      'aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77',
      'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
      '4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4',
      '76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef',
      'ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c',
      '5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328',
    ]);
  });

  it('has the same root when it grows leaf by leaf, for every size', () => {
    const frontier = new TreeFrontier();
    for (const [index, leaf] of LEAVES.entries()) {
      frontier.append(leaf);
      expect(toHex([frontier.root()])).toEqual(toHex([naiveRoot(LEAVES.slice(0, index + 1))]));
    }
  });
});

describe('an inclusion proof', () => {
  const rangesToHashes = (index: number, size: number) =>
    listInclusionRanges(index, size).map(({ start, end }) => naiveRoot(LEAVES.slice(start, end)));

  it('is that of the RFC, and proves its leaf, at every index of every size up to 66', () => {
    for (let size = 1; size <= 66; size++) {
      const leaves = LEAVES.slice(0, size);
      const root = naiveRoot(leaves);
      for (const [index, leafHash] of leaves.entries()) {
        const hashes = rangesToHashes(index, size);
        expect(toHex(hashes)).toEqual(toHex(naiveInclusion(index, leaves)));
        expect(verifyInclusion({ index, size, leafHash, hashes }, root)).toBe(true);
        expect(verifyInclusion({ index: size, size, leafHash, hashes }, root)).toBe(false);
      }
    }
  });

  it('does not prove another leaf, index, size or root, and fails with a hash more, less, changed or swapped', () => {
    const proofs = fc.integer({ min: 2, max: 300 }).chain((size) => fc.tuple(fc.nat(size - 1), fc.constant(size)));
    fc.assert(
      fc.property(proofs, fc.nat(), fc.nat(), ([index, size], pick, bit) => {
        const root = naiveRoot(LEAVES.slice(0, size));
        const hashes = rangesToHashes(index, size);
        const leafHash = LEAVES[index] ?? EMPTY_ROOT;
        const proof = { index, size, leafHash, hashes };
        expect(toHex(hashes)).toEqual(toHex(naiveInclusion(index, LEAVES.slice(0, size))));
        const at = pick % hashes.length;
        const changed = hashes.map((hash, nth) => (nth === at ? flipBit(hash, bit) : hash));
        const wrong = [
          { ...proof, leafHash: flipBit(leafHash, bit) },
          { ...proof, hashes: changed },
          { ...proof, hashes: hashes.toSpliced(at, 1) },
          { ...proof, hashes: hashes.toSpliced(at, 0, root) },
          { ...proof, hashes: hashes.map((hash, nth) => (nth === at ? hash.subarray(1) : hash)) },
          { ...proof, index: (index + 1) % size },
          { ...proof, index: size },
          { ...proof, index: index + size },
          { ...proof, index: -1 },
          { ...proof, index: index + 0.5 },
          ...(hashes.length > 1 ? [{ ...proof, hashes: hashes.toReversed() }] : []),
        ];
        expect(verifyInclusion(proof, root)).toBe(true);
        expect(verifyInclusion(proof, flipBit(root, bit))).toBe(false);
        expect(wrong.filter((each) => verifyInclusion(each, root))).toEqual([]);
      }),
    );
  });
});

describe('a consistency proof', () => {
  const rangesToHashes = (oldSize: number, newSize: number) =>
    listConsistencyRanges(oldSize, newSize).map(({ start, end }) => naiveRoot(LEAVES.slice(start, end)));

  it('is that of the RFC, and proves its trees, for every pair of sizes up to 66', () => {
    const heads = Array.from({ length: 67 }, (_, size) => ({ size, rootHash: naiveRoot(LEAVES.slice(0, size)) }));
    for (const newer of heads) {
      for (const older of heads.slice(0, newer.size + 1)) {
        const hashes = rangesToHashes(older.size, newer.size);
        expect(toHex(hashes)).toEqual(toHex(naiveConsistency(older.size, LEAVES.slice(0, newer.size))));
        expect(verifyConsistency(older, newer, hashes)).toBe(true);
      }
    }
  });

  it('does not prove other trees, and fails with a hash more, less, changed or swapped', () => {
    const pairs = fc
      .integer({ min: 2, max: 300 })
      .chain((newer) => fc.tuple(fc.integer({ min: 1, max: newer - 1 }), fc.constant(newer)));
    fc.assert(
      fc.property(pairs, fc.nat(), fc.nat(), ([oldSize, newSize], pick, bit) => {
        const older = { size: oldSize, rootHash: naiveRoot(LEAVES.slice(0, oldSize)) };
        const newer = { size: newSize, rootHash: naiveRoot(LEAVES.slice(0, newSize)) };
        const hashes = rangesToHashes(oldSize, newSize);
        expect(toHex(hashes)).toEqual(toHex(naiveConsistency(oldSize, LEAVES.slice(0, newSize))));
        const at = pick % hashes.length;
        expect(verifyConsistency(older, newer, hashes)).toBe(true);
        expect([
          verifyConsistency({ ...older, rootHash: flipBit(older.rootHash, bit) }, newer, hashes),
          verifyConsistency(older, { ...newer, rootHash: flipBit(newer.rootHash, bit) }, hashes),
          verifyConsistency(newer, older, hashes),
          verifyConsistency({ ...older, size: 0 }, newer, hashes),
          verifyConsistency(older, newer, hashes.toSpliced(at, 1)),
          verifyConsistency(older, newer, hashes.toSpliced(at, 0, older.rootHash)),
          verifyConsistency(
            older,
            newer,
            hashes.map((hash, nth) => (nth === at ? flipBit(hash, bit) : hash)),
          ),
          hashes.length > 1 && verifyConsistency(older, newer, hashes.toReversed()),
        ]).not.toContain(true);
      }),
    );
  });

  it('does not prove a shorter tree, even with a root that was made for the proof', () => {
    const [first, second, third] = [...LEAVES.slice(0, 3)] as [Uint8Array, Uint8Array, Uint8Array]; // of 300
    const older = { size: 2, rootHash: hashChildren(first, second) };
    const shorter = { size: 1, rootHash: hashChildren(first, hashChildren(second, third)) };
    expect(verifyConsistency(older, shorter, [second, third, first])).toBe(false);
    expect(verifyConsistency(older, { ...shorter, size: 3 }, [second, third, first])).toBe(false);
  });

  it('of the empty tree is empty, and holds only with its true root', () => {
    const newer = { size: 3, rootHash: naiveRoot(LEAVES.slice(0, 3)) };
    expect(verifyConsistency({ size: 0, rootHash: EMPTY_ROOT }, newer, [])).toBe(true);
    expect(verifyConsistency({ size: 0, rootHash: newer.rootHash }, newer, [])).toBe(false);
    expect(verifyConsistency({ size: 0, rootHash: EMPTY_ROOT }, newer, [EMPTY_ROOT])).toBe(false);
    expect(verifyConsistency({ size: 0, rootHash: EMPTY_ROOT }, { ...newer, size: 0 }, [])).toBe(false);
  });

  it('of two trees with the same size requires the same root', () => {
    const head = { size: 3, rootHash: naiveRoot(LEAVES.slice(0, 3)) };
    expect(verifyConsistency(head, head, [])).toBe(true);
    expect(verifyConsistency(head, { ...head, rootHash: EMPTY_ROOT }, [])).toBe(false);
    expect(verifyConsistency(head, head, [EMPTY_ROOT])).toBe(false);
  });
});

function flipBit(hash: Uint8Array, bit: number): Uint8Array {
  const changed = Uint8Array.from(hash);
  const at = Math.floor(bit / 8) % hash.length;
  changed[at] = (changed[at] ?? 0) ^ (1 << (bit % 8));
  return changed;
}

it('a proof with too many hashes is refused, even if it leads to the root', () => {
  const [first, last] = ['a', 'b'].map((entry) => hashLeaf(Buffer.from(entry))) as [Buffer, Buffer]; // one for each entry
  const root = hashChildren(first, last);
  expect(verifyInclusion({ index: 1, size: 2, leafHash: last, hashes: [first] }, root)).toBe(true);
  expect(verifyInclusion({ index: 0, size: 1, leafHash: last, hashes: [first] }, root)).toBe(false);
});

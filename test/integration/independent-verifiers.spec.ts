import { describe, expect, it } from '@jest/globals';
import { verifyCheckpoint } from '@sigstore/verify/dist/tlog/checkpoint.js';
import { verifyMerkleInclusion } from '@sigstore/verify/dist/tlog/merkle.js';
import { createPublicKey } from 'node:crypto';
import { naiveLeafHash } from '../support/naive-tree.js';
import { TreeFrontier } from '../../src/monitoring/proof/log/merkle/tree-frontier.js';
import { signCheckpoint } from '../support/sign-checkpoint.js';
import { generateKeyPair } from '../../src/monitoring/proof/log/notes/note-key.js';
import { parseSigningKey } from '../../src/monitoring/proof/log/notes/note-signer.js';
import { proveInclusion } from '../../src/monitoring/proof/log/tiles/prove-inclusion.js';
import { formatTilePath } from '../../src/monitoring/proof/log/tiles/tile-path.js';
import { EMPTY_EDGE, extendEdge } from '../../src/monitoring/proof/log/tiles/tree-edge.js';

/* Others wrote Sigstore's verifier for their own logs. The verifier knows no consistency proofs: scripts/independent checks those. */

const SIZE = 300;
const ORIGIN = 'log.example/ledger';
const entries = Array.from({ length: SIZE }, (_, index) => Buffer.from(`{"n":${index}}`));
const leaves = entries.map(naiveLeafHash);
const { tiles } = extendEdge(EMPTY_EDGE, leaves);
const frontier = new TreeFrontier();
for (const leaf of leaves) frontier.append(leaf);

const pair = generateKeyPair(ORIGIN, { seed: Buffer.alloc(32, 5) });
const checkpoint = signCheckpoint({ origin: ORIGIN, size: SIZE, rootHash: frontier.root() }, [
  parseSigningKey(pair.signingKey),
]);
const [, keyId = '', key = ''] = pair.verifierKey.split('+', 2).concat(pair.verifierKey.slice(ORIGIN.length + 10));
const authority = {
  logID: Buffer.from(keyId, 'hex'),
  baseURL: ORIGIN,
  publicKey: createPublicKey({
    key: Buffer.concat([Buffer.from('302a300506032b6570032100', 'hex'), Buffer.from(key, 'base64').subarray(1)]),
    format: 'der',
    type: 'spki',
  }),
  validFor: { start: new Date(0), end: new Date() },
};

type SigstoreEntry = Parameters<typeof verifyMerkleInclusion>[0];

async function toEntry(index: number, note = checkpoint): Promise<SigstoreEntry> {
  const hashes = await proveInclusion(index, SIZE, (level, at, width) =>
    Promise.resolve(
      tiles.find((tile) => formatTilePath(tile) === formatTilePath({ level, index: at, width }))?.hashes ??
        new Uint8Array(),
    ),
  );
  return {
    canonicalizedBody: entries[index],
    inclusionProof: { logIndex: String(index), hashes, checkpoint: { envelope: note } },
  } as unknown as SigstoreEntry; // all of it that is looked at
}

describe('the verifier of Sigstore', () => {
  it('believes our checkpoint, and every entry at its index by our tiles', async () => {
    for (let index = 0; index < SIZE; index += 1) {
      const entry = await toEntry(index);
      expect(() => verifyMerkleInclusion(entry, verifyCheckpoint(entry, [authority]))).not.toThrow();
    }
  });

  it('believes no other root, size or origin, and no entry at another index', async () => {
    const entry = await toEntry(5);
    for (const note of [checkpoint.replace('\n300\n', '\n301\n'), checkpoint.replace(ORIGIN, 'log.example/other')]) {
      const changed = await toEntry(5, note);
      expect(() => verifyCheckpoint(changed, [authority])).toThrow('invalid checkpoint signature');
    }
    entry.canonicalizedBody = entries[6] ?? Buffer.alloc(0);
    expect(() => verifyMerkleInclusion(entry, verifyCheckpoint(entry, [authority]))).toThrow('does not match');
  });
});

import { createHash } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from '@jest/globals';
import { signCheckpoint } from '../../../../test/support/sign-checkpoint.js';
import { generateKeyPair } from '../../proof/log/notes/note-key.js';
import { parseSigningKey, parseVerifierKey } from '../../proof/log/notes/note-signer.js';
import { signNote } from '../../proof/log/notes/signed-note.js';
import { formatManifest, type ExportManifest } from './export-manifest.js';
import { verifyExport, type ExportVerification } from './verify-export.js';
import { tempFolder } from '../../../../test/support/temp-folder.js';

const ORIGIN = 'log.example/ledger';
const keys = generateKeyPair(ORIGIN);
const signers = [parseSigningKey(keys.signingKey)];
const trust = { origin: ORIGIN, keys: [parseVerifierKey(keys.verifierKey)] };
const buildCheckpoint = (size: number): string =>
  signCheckpoint({ origin: ORIGIN, size, rootHash: Buffer.alloc(32, 7) }, signers);

const BOMB = 64 * 1024 * 1024;
const folder = await tempFolder('verify-export-');
const digestHex = (content: string | Buffer): string => createHash('sha256').update(content).digest('hex');

async function verify(indexes: readonly number[], changes: Partial<ExportManifest> = {}): Promise<ExportVerification> {
  const content = indexes.map((index) => `{"index":${index}}\n`).join('');
  return verifyFile(content, {
    ...{ count: indexes.length, sha256: digestHex(content), bytes: content.length, gzip: null, ...changes },
  });
}

async function verifyFile(content: string | Buffer, changes: Partial<ExportManifest>): Promise<ExportVerification> {
  const path = join(folder, 'export.jsonl');
  await writeFile(path, content);
  const manifest: ExportManifest = {
    exportId: 'e-1',
    origin: ORIGIN,
    format: 'jsonl',
    proofs: false,
    filters: {},
    access: { scope: 'all' },
    count: 0,
    firstIndex: 0,
    lastIndex: 2,
    treeSize: 3,
    checkpoint: buildCheckpoint(3),
    sha256: '',
    bytes: 0,
    gzip: null,
    createdAt: '2026-11-21T10:00:00.000Z',
    createdBy: { type: 'system' },
    ...changes,
  };
  return verifyExport(path, signNote(formatManifest(manifest), signers), trust);
}

describe('an export whose manifest is signed', () => {
  it.each([
    ['more bytes than its manifest states', '\n', 27, 'there are more than 27 bytes of content'],
    ['a record beyond the limit', ' ', BOMB, 'record 1 is longer than 1048576 bytes'],
  ])('is not decompressed beyond the limit, if 64 KiB unpack to %s', async (_what, character, bytes, finding) => {
    const content = Buffer.alloc(BOMB, character);
    const file = gzipSync(content);
    const gzip = { sha256: digestHex(file), bytes: file.length };
    const { findings } = await verifyFile(file, {
      sha256: digestHex(content),
      bytes,
      gzip,
      checkpoint: null,
      treeSize: 0,
    });
    expect(findings).toEqual([finding]);
  });

  it('is tampered with when its content has another hash', async () => {
    const sha256 = digestHex('another content');
    expect(await verify([0, 1, 2], { sha256 })).toMatchObject({
      verdict: 'tampered',
      findings: ['the content has another SHA-256'],
    });
  });

  it.each<[string, readonly number[], Partial<ExportManifest>, string]>([
    ['an event twice', [0, 1, 1], {}, 'record 3 has the index 1, which an earlier record already has'],
    [
      'an event outside of the tree',
      [0, 1, 3],
      {},
      'record 3 has the index 3, which is outside the range in the manifest',
    ],
    [
      'an event before its range',
      [0, 1, 2],
      { firstIndex: 1 },
      'record 1 has the index 0, which is outside the range in the manifest',
    ],
    ['another number of events', [0, 1], { count: 3 }, 'there are 2 events, not 3'],
    [
      'a checkpoint of another size',
      [0, 1, 2],
      { checkpoint: buildCheckpoint(4) },
      'the checkpoint is of size 4, and the mark is 3',
    ],
    [
      'a tree size, and no checkpoint',
      [0, 1, 2],
      { checkpoint: null },
      'the manifest has a tree size and no checkpoint',
    ],
  ])('is tampered with if it has %s', async (_what, indexes, changes, finding) => {
    expect(await verify(indexes, changes)).toMatchObject({ verdict: 'tampered', findings: [finding] });
  });
});

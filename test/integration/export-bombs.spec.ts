import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { createHash } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { signManifest, type ExportManifest } from '../../src/modules/monitoring/export/export-manifest.js';
import { generateKeyPair } from '../../src/modules/monitoring/log/notes/note-key.js';
import { parseSigningKey } from '../../src/modules/monitoring/log/notes/note-signer.js';
import { signNote } from '../../src/modules/monitoring/log/notes/signed-note.js';
import { runCommand } from '../support/run-command.js';

const ORIGIN = 'log.example/ledger';
const keys = generateKeyPair(ORIGIN);
const signers = [parseSigningKey(keys.signingKey)];
/** 64 KiB of gzip. */
const ENDLESS = Buffer.alloc(64 * 1024 * 1024, ' ');
const LINES = Buffer.alloc(64 * 1024 * 1024, '\n');

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'export-bombs-'));
  await writeFile(join(folder, 'verifier.key'), keys.verifierKey);
});
afterAll(async () => {
  await rm(folder, { recursive: true });
});

/** What the command finds of such content, gzipped, beside a manifest that the ledger's own key signed. */
async function findingsOf(content: Buffer, bytes: number): Promise<readonly string[]> {
  const file = gzipSync(content);
  const sha256 = (of: Buffer): string => createHash('sha256').update(of).digest('hex');
  const manifest: ExportManifest = {
    exportId: 'e-1',
    origin: ORIGIN,
    format: 'jsonl',
    proofs: false,
    filters: {},
    access: { scope: 'all' },
    count: 0,
    firstIndex: null,
    lastIndex: null,
    mark: 0,
    checkpoint: null,
    sha256: sha256(content),
    bytes,
    gzip: { sha256: sha256(file), bytes: file.length },
    createdAt: '2026-11-21T10:00:00.000Z',
    createdBy: { type: 'system' },
  };
  const path = join(folder, 'export.jsonl.gz');
  await writeFile(path, file);
  await writeFile(
    `${path}.manifest`,
    signManifest(manifest, (text) => signNote(text, signers)),
  );
  const called = ['verify-export', path, '--json', '--key', join(folder, 'verifier.key')];
  const { code, output } = await runCommand(called, { cwd: folder, env: {} });
  expect(code).toBe(1);
  return (JSON.parse(output) as { readonly findings: readonly string[] }).findings; // of --json
}

it('reads no more of an export than the bytes that its manifest states', async () => {
  expect(await findingsOf(LINES, 27)).toEqual(['there are more than 27 bytes of content']);
});

it('reads no record of an export beyond its limit', async () => {
  expect(await findingsOf(ENDLESS, ENDLESS.length)).toEqual(['record 1 is longer than 1048576 bytes']);
});

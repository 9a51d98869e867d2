import { beforeEach, describe, expect, it } from '@jest/globals';
import { appendFile, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { signCheckpoint, verifyCheckpoint } from '../log/notes/checkpoint.js';
import { generateKeyPair } from '../log/notes/note-key.js';
import { parseSigningKey, parseVerifierKey } from '../log/notes/note-signer.js';
import type { PublishableCheckpoint } from './checkpoint-destination.js';
import { CheckpointFile } from './checkpoint-file.js';
import { tempFolder } from '../../../../test/support/temp-folder.js';

const ORIGIN = 'example.com/log';
const { signingKey, verifierKey } = generateKeyPair(ORIGIN);

let dir: string;
let path: string;

beforeEach(async () => {
  dir = await tempFolder('audit-checkpoints-');
  path = join(dir, 'made', 'checkpoints');
});

describe('the file of checkpoints', () => {
  it('does not repeat the note that it ends with', async () => {
    for (const size of [1, 2, 2]) await new CheckpointFile(path).send(checkpoint(size));
    await new CheckpointFile(path).send(checkpoint(2));
    expect((await readFile(path, 'utf8')).match(/^\d+$/gm)).toEqual(['1', '2']);
  });

  it('keeps what a crash cut off apart from the note behind it', async () => {
    await new CheckpointFile(path).send(checkpoint(1));
    await appendFile(path, checkpoint(2).note.slice(0, 40));
    await new CheckpointFile(path).send(checkpoint(3));
    const last = (await readFile(path, 'utf8')).split(`${ORIGIN}\n`).at(-1) ?? '';
    const note = `${ORIGIN}\n${last.slice(0, -1)}`;
    const { size } = verifyCheckpoint(note, { origin: ORIGIN, keys: [parseVerifierKey(verifierKey)] }).checkpoint;
    expect(size).toBe(3);
  });
});

function checkpoint(size: number): PublishableCheckpoint {
  const head = { size, rootHash: Buffer.alloc(32, size) };
  return { ...head, note: signCheckpoint({ origin: ORIGIN, ...head }, [parseSigningKey(signingKey)]) };
}

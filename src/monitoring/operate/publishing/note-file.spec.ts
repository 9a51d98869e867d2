import { beforeEach, describe, expect, it } from '@jest/globals';
import { appendFile, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { tempFolder } from '../../../../test/support/temp-folder.js';
import { signCheckpoint } from '../../../../test/support/sign-checkpoint.js';
import { generateKeyPair } from '../../proof/log/notes/note-key.js';
import { parseSigningKey } from '../../proof/log/notes/note-signer.js';
import { appendNote, splitNotes } from './note-file.js';

const ORIGIN = 'example.com/log';
const signers = [1, 2].map((seed) =>
  parseSigningKey(generateKeyPair(ORIGIN, { seed: Buffer.alloc(32, seed) }).signingKey),
);
const note = (size: number): string =>
  signCheckpoint({ origin: ORIGIN, size, rootHash: Buffer.alloc(32, size) }, signers);

let path: string;

beforeEach(async () => {
  path = join(await tempFolder('audit-checkpoints-'), 'made', 'checkpoints');
});

describe('a file of published checkpoints', () => {
  it('contains each signed note unchanged', () => {
    expect(splitNotes(`${note(1)}\n${note(2)}\n${note(3)}\n`)).toEqual([note(1), note(2), note(3)]);
    expect(splitNotes(`${note(1)}\n`)).toEqual([note(1)]);
  });

  it('contains the notes after a note that a crash cut off at any byte', () => {
    const whole = note(2);
    for (let length = 1; length < whole.length; length++) {
      const notes = splitNotes(`${note(1)}\n${whole.slice(0, length)}\n\n${note(3)}\n`);
      expect(notes.filter((each) => each !== whole && each !== signedOnce(whole))).toEqual([note(1), note(3)]);
    }
  });

  it('does not repeat its last note', async () => {
    for (const size of [1, 2, 2, 2]) await appendNote(path, note(size));
    expect(await readFile(path, 'utf8')).toBe(`${note(1)}\n${note(2)}\n`);
  });

  it('separates a note that a crash cut off from the next note', async () => {
    await appendNote(path, note(1));
    await appendFile(path, note(2).slice(0, 40));
    await appendNote(path, note(3));
    expect(splitNotes(await readFile(path, 'utf8'))).toEqual([note(1), note(3)]);
  });

  it('returns a single text unchanged, even one that is not a note', () => {
    for (const text of [note(1), '', 'nonsense', note(1).slice(0, -20)]) expect(splitNotes(text)).toEqual([text]);
  });
});

/** The cut note is still a complete note. */
function signedOnce(whole: string): string {
  return `${whole.split('\n').slice(0, -2).join('\n')}\n`;
}

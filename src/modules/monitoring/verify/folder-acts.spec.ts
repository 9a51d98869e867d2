import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { NO_ACT_HASH, signAct } from '../acts/act-note.js';
import { hashLeaf } from '../log/merkle/hashes.js';
import { signCheckpoint } from '../log/notes/checkpoint.js';
import { generateKeyPair } from '../log/notes/note-key.js';
import { parseSigningKey } from '../log/notes/note-signer.js';
import { signNote } from '../log/notes/signed-note.js';
import { encodeBundle } from '../log/tiles/entry-bundle.js';
import { tilePath } from '../log/tiles/tile-path.js';
import { readFolderActs } from './folder-acts.js';

const ORIGIN = 'log.example/ledger';
const key = parseSigningKey(generateKeyPair(ORIGIN).signingKey);
const rootHash = Buffer.alloc(32);
const checkpoint = signCheckpoint({ origin: ORIGIN, size: 1, rootHash }, [key]);

const entryOf = (retirementId: string): Buffer => {
  const act = { head: { size: 0, rootHash }, number: 1, previous: NO_ACT_HASH, statement: { act: 'x', retirementId } };
  const note = signAct(ORIGIN, act, (text) => signNote(text, [key]));
  const details = { retirementId, act: note };
  return Buffer.from(JSON.stringify({ id: retirementId, type: 'audit_events_retired', actor: { id: 'ops' }, details }));
};

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'audit-folder-'));
});

afterEach(() => rm(folder, { recursive: true }));

async function put(path: string, bytes: Uint8Array): Promise<void> {
  const file = join(folder, path);
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, bytes);
}

describe('the acts of a downloaded log', () => {
  it('are those of its bundles and those that lie apart, each once', async () => {
    const [inBundle, apart] = [entryOf('r-1'), entryOf('r-2')];
    await put(tilePath({ level: 0, index: 0, width: 1 }), hashLeaf(inBundle));
    await put(tilePath({ level: 'entries', index: 0, width: 1 }), encodeBundle([inBundle]));
    await put('retirements/both.json', Buffer.from(`${inBundle.toString()}\n`));
    await put('retirements/apart.json', apart);
    await put('retirements/other.json', Buffer.from('{'));
    const acts = await readFolderActs(folder, checkpoint);
    expect(acts.map(({ eventId, by }) => [eventId, by])).toEqual([
      ['r-1', 'ops'],
      ['r-2', 'ops'],
    ]);
  });

  it('are none where the checkpoint is none', async () => {
    expect(await readFolderActs(folder, 'nothing')).toEqual([]);
  });
});

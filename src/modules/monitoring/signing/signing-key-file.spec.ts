import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { generateKeyPair } from '../log/notes/note-key.js';
import { parseVerifierKey } from '../log/notes/note-signer.js';
import { signNote, verifyNote } from '../log/notes/signed-note.js';
import { CheckpointSigner } from './checkpoint-signer.service.js';
import { LastSignedFile } from './last-signed.js';
import { makeKeyFile, readKeyFile } from './signing-key-file.js';

const ORIGIN = 'example.com/log';

let dir: string;
let path: string;

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'audit-key-'));
  path = join(dir, 'keys', 'signing.key');
});

afterEach(() => rm(dir, { recursive: true }));

describe('a key file', () => {
  it('is made for its user alone, and signs what its verifier key verifies', async () => {
    expect(await makeKeyFile(path, ORIGIN)).toBe(true);
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    const { signers, verifiers } = await readKeyFile(path, ORIGIN);
    expect(verifyNote(signNote('a text\n', signers), verifiers).text).toBe('a text\n');
  });

  it('signs with each of its signing keys while one is changed for another', async () => {
    const pairs = [generateKeyPair(ORIGIN), generateKeyPair(ORIGIN)];
    await mkdir(join(dir, 'keys'));
    await writeFile(path, pairs.map(({ signingKey }) => `${signingKey}\n`).join(''));
    const { signers, verifierKeys, formerKeys } = await readKeyFile(path, ORIGIN);
    const note = signNote('a text\n', signers);
    expect(verifierKeys).toEqual(pairs.map(({ verifierKey }) => verifierKey));
    expect(formerKeys).toEqual([]);
    for (const key of verifierKeys) expect(verifyNote(note, [parseVerifierKey(key)]).verified).toHaveLength(1);
  });

  it('is made once by processes that start together', async () => {
    const made = await Promise.all(Array.from({ length: 8 }, () => makeKeyFile(path, ORIGIN)));
    const first = await readFile(path, 'utf8');
    expect(await makeKeyFile(path, ORIGIN)).toBe(false);
    expect(await readFile(path, 'utf8')).toBe(first);
    expect(made.filter(Boolean)).toHaveLength(1);
  });

  it('names the keys of earlier years', async () => {
    await makeKeyFile(path, ORIGIN);
    const earlier = generateKeyPair(ORIGIN).verifierKey;
    await writeFile(path, `${await readFile(path, 'utf8')}\n# until 2026\n${earlier}\n`);
    const { verifierKeys, formerKeys, verifiers } = await readKeyFile(path, ORIGIN);
    expect(verifiers).toHaveLength(2);
    expect(verifierKeys).toHaveLength(1);
    expect(formerKeys).toEqual([earlier]);
  });

  it.each([
    ['', 'it holds no signing key'],
    [
      generateKeyPair('elsewhere.org/log').signingKey,
      'it holds a note key of elsewhere.org/log, and the ledger needs note keys of its origin',
    ],
    [generateKeyPair(ORIGIN, { type: 'cosignature' }).signingKey, 'it holds a cosignature key'],
    [`${generateKeyPair(ORIGIN).signingKey.slice(0, -4)}\n`, 'Cannot use'],
    [`${generateKeyPair(ORIGIN).signingKey}\nsomething else\n`, 'Cannot use'],
  ])('that is wrong is refused without saying the key', async (text, seen) => {
    const file = join(dir, 'signing.key');
    await writeFile(file, text);
    const refusal = await readKeyFile(file, ORIGIN).catch((error: unknown) => String(error));
    expect(refusal).toContain(seen);
    expect(refusal).toMatch(/SigningKeyInvalidError: .*Restore it, or correct the options signingKeyFile/);
    const secret = text.split('+').slice(4).join('+').trim(); // base64 may have a + itself
    if (text.startsWith('PRIVATE') && secret) expect(refusal).not.toContain(secret);
  });
});

describe('the last signed note', () => {
  it('is what was written last, for its user alone', async () => {
    const file = new LastSignedFile(join(dir, 'signing.key'));
    expect(await file.read()).toBeUndefined();
    await file.write('one\n');
    await file.write('two\n');
    expect(await file.read()).toBe('two\n');
    expect((await stat(file.path)).mode & 0o777).toBe(0o600);
  });

  it('that cannot be kept or read is an error that names the file', async () => {
    const file = new LastSignedFile(join(dir, 'missing', 'signing.key'));
    await expect(file.write('one\n')).rejects.toThrow(/signing\.key\.last: ENOENT/);
    await mkdir(join(dir, 'folder.last'));
    await expect(new LastSignedFile(join(dir, 'folder')).read()).rejects.toMatchObject({
      code: 'AUDIT_SIGNING_KEY_INVALID',
    });
  });
});

describe('the signer at boot', () => {
  it('makes a missing key', async () => {
    const signer = new CheckpointSigner({ signingKeyFile: path, origin: ORIGIN });
    await signer.onModuleInit();
    expect(signer.verifierKey).toMatch(/^example\.com\/log\+[0-9a-f]{8}\+/);
  });

  it('stops the boot in production without a key', async () => {
    const before = process.env.NODE_ENV;
    process.env.NODE_ENV = 'production';
    try {
      const signer = new CheckpointSigner({ signingKeyFile: path, origin: ORIGIN });
      await expect(signer.onModuleInit()).rejects.toMatchObject({ code: 'AUDIT_SIGNING_KEY_MISSING' });
      await expect(stat(path)).rejects.toMatchObject({ code: 'ENOENT' });
    } finally {
      process.env.NODE_ENV = before;
    }
  });
});

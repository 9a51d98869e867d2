import { beforeEach, describe, expect, it } from '@jest/globals';
import { lstat, readFile, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { generateKeyPair } from '../log/notes/note-key.js';
import { signNote, verifyNote } from '../log/notes/signed-note.js';
import { CheckpointSigner } from './checkpoint-signer.service.js';
import { CheckpointRegister } from './checkpoint-register.js';
import { makeKeyFile, readKeyFile } from './signing-key-file.js';
import { tempFolder } from '../../../../test/support/temp-folder.js';

const ORIGIN = 'example.com/log';

let dir: string;
let path: string;

beforeEach(async () => {
  dir = await tempFolder('audit-key-');
  path = join(dir, 'keys', 'signing.key');
});

describe('a key file', () => {
  it('is readable by its user only, and its verifier key verifies its signatures', async () => {
    expect(await makeKeyFile(path, ORIGIN)).toBe(true);
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    const { signers, verifiers } = await readKeyFile(path, ORIGIN);
    expect(verifyNote(signNote('a text\n', signers), verifiers).text).toBe('a text\n');
  });

  it('is made once by processes that start together', async () => {
    const made = await Promise.all(Array.from({ length: 8 }, () => makeKeyFile(path, ORIGIN)));
    const first = await readFile(path, 'utf8');
    expect(await makeKeyFile(path, ORIGIN)).toBe(false);
    expect(await readFile(path, 'utf8')).toBe(first);
    expect(made.filter(Boolean)).toHaveLength(1);
  });

  it.each([
    ['', 'it contains no signing key'],
    [
      generateKeyPair('elsewhere.org/log').signingKey,
      'it contains a note key of elsewhere.org/log, and the ledger needs note keys of its origin',
    ],
    [generateKeyPair(ORIGIN, { type: 'cosignature' }).signingKey, 'it contains a cosignature key'],
    [`${generateKeyPair(ORIGIN).signingKey.slice(0, -4)}\n`, 'Cannot use'],
    [`${generateKeyPair(ORIGIN).signingKey}\nsomething else\n`, 'Cannot use'],
  ])('is refused if it is wrong, and the error does not contain the key', async (text, seen) => {
    const file = join(dir, 'signing.key');
    await writeFile(file, text);
    const refusal = await readKeyFile(file, ORIGIN).catch((error: unknown) => String(error));
    expect(refusal).toContain(seen);
    expect(refusal).toMatch(/InvalidError: .*Restore it, or correct the options signingKeyFile/);
    const secret = text.split('+').slice(4).join('+').trim(); // base64 may have a + itself
    if (text.startsWith('PRIVATE') && secret) expect(refusal).not.toContain(secret);
  });
});

it('the last signed note is the last written one, readable by its user only', async () => {
  const file = new CheckpointRegister(join(dir, 'signing.key.last'));
  expect(await file.read()).toBeUndefined();
  await file.write('one\n');
  await file.write('two\n');
  expect(await file.read()).toBe('two\n');
  expect((await stat(file.path)).mode & 0o777).toBe(0o600);
  const link = new CheckpointRegister(join(dir, 'link'));
  await symlink(file.path, link.path); // several instances share it so
  await link.write('three\n');
  expect([await file.read(), (await lstat(link.path)).isSymbolicLink()]).toEqual(['three\n', true]);
});

it('the signer at boot stops the boot in production without a key', async () => {
  const before = process.env.NODE_ENV;
  process.env.NODE_ENV = 'production';
  try {
    const signer = new CheckpointSigner({ signingKeyFile: path, checkpointMemory: `${path}.last`, origin: ORIGIN });
    await expect(signer.onModuleInit()).rejects.toMatchObject({ code: 'AUDIT_SIGNING_KEY_MISSING' });
    await expect(stat(path)).rejects.toMatchObject({ code: 'ENOENT' });
  } finally {
    process.env.NODE_ENV = before;
  }
});

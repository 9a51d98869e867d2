import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { generateKeyPair, signNote, verifyNote } from '../notes/index.js';
import { CheckpointSigner } from './checkpoint-signer.service.js';
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
    const { signer, verifiers } = await readKeyFile(path, ORIGIN);
    expect(verifyNote(signNote('a text\n', [signer]), verifiers).text).toBe('a text\n');
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
    const { verifierKey, verifiers } = await readKeyFile(path, ORIGIN);
    expect(verifiers).toHaveLength(2);
    expect(verifierKey).not.toBe(earlier);
  });

  it.each([
    ['', 'it holds 0 signing keys'],
    [`${generateKeyPair(ORIGIN).signingKey}\n${generateKeyPair(ORIGIN).signingKey}\n`, 'it holds 2 signing keys'],
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
    expect(refusal).toMatch(/SigningKeyInvalidError: .*Restore it, or correct AUDIT_SIGNING_KEY_FILE/);
    const secret = text.split('+').at(-1)?.trim();
    if (text.startsWith('PRIVATE') && secret) expect(refusal).not.toContain(secret);
  });
});

describe('the signer at boot', () => {
  it('makes its key where there is none', async () => {
    const signer = new CheckpointSigner({ signingKeyFile: path, origin: ORIGIN });
    await signer.onModuleInit();
    expect(signer.verifierKey).toMatch(/^example\.com\/log\+[0-9a-f]{8}\+/);
  });

  it('stops the boot in production where there is none', async () => {
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

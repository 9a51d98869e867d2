import { createHash, createHmac } from 'node:crypto';
import { readdir, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { makeContextKeyFile, padContextKey, readContextKey } from './context-key.js';
import { tempFolder } from '../../../test/support/temp-folder.js';

const KEY = 'a key of the context: 32 letters';
const sha256 = (...parts: Buffer[]): Buffer => createHash('sha256').update(Buffer.concat(parts)).digest();

it.each([KEY, 'ü'.repeat(32), 'k'.repeat(64), 'k'.repeat(65)])('a padded key makes the HMAC of the key: %s', (key) => {
  const text = Buffer.from('{"signedAt":1}');
  const { inner, outer } = padContextKey(key);
  expect(sha256(outer, sha256(inner, text))).toEqual(createHmac('sha256', key).update(text).digest());
});

describe('a key', () => {
  it('is the option, or the text of the file, without blanks around it', async () => {
    const folder = await tempFolder('audit-context-');
    const keyFile = join(folder, 'context.key');
    await writeFile(keyFile, `${KEY}\n`);
    expect(readContextKey({ keyFile })).toBe(KEY);
    expect(readContextKey({ key: ` ${KEY}` })).toBe(KEY);
    await rm(folder, { recursive: true });
  });

  it.each([
    [{}, 'the option key is not a text of 32 characters'],
    [{ key: 'short' }, 'the option key is not a text of 32 characters'],
    [{ key: KEY, keyFile: 'file' }, 'key and keyFile are both set'],
    [{ keyFile: '/no/such/file' }, '/no/such/file cannot be read'],
  ])('is missing or wrong in %j', (options, seen) => {
    expect(() => readContextKey(options)).toThrow(
      expect.objectContaining({ code: 'AUDIT_OPTIONS_INVALID', message: expect.stringContaining(seen) }),
    );
  });
});

it('a key file is made once, for its user alone, by those who make it at once', async () => {
  const folder = await tempFolder('audit-context-');
  const keyFile = join(folder, 'keys', 'context.key');
  const made = await Promise.all([1, 2, 3].map(() => makeContextKeyFile(keyFile)));
  expect(made.filter(Boolean)).toHaveLength(1);
  expect(await readdir(join(folder, 'keys'))).toEqual(['context.key']);
  expect((await stat(keyFile)).mode & 0o777).toBe(0o600);
  const key = readContextKey({ keyFile });
  expect(key).toMatch(/^[0-9a-f]{64}$/);
  expect(await makeContextKeyFile(keyFile)).toBe(false);
  expect(readContextKey({ keyFile })).toBe(key);
  await rm(folder, { recursive: true });
});

import { randomBytes } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { SecretsKey } from './secrets-key.js';

const OWNER = { name: 'siem', options: { url: 'https://siem.example' } };
const TEXT = randomBytes(32).toString('base64');

function keyOf(text: string): SecretsKey {
  const key = SecretsKey.parse(text);
  if (!key) throw new Error('it is not a key');
  return key;
}

describe('the key of the secrets of streams', () => {
  it('decrypts its own encryption, and uses a new nonce each time', () => {
    const key = keyOf(TEXT);
    const secrets = { destination: { token: 'olive' } };

    const [one, other] = [key.encrypt(OWNER, secrets), key.encrypt(OWNER, secrets)];

    expect(keyOf(TEXT).decrypt(OWNER, one)).toEqual(secrets);
    expect(one.equals(other)).toBe(false);
    expect(one.includes('olive')).toBe(false);
  });

  it('decrypts nothing for another stream, other options, another key, or changed bytes', () => {
    const key = keyOf(TEXT);
    const encrypted = key.encrypt(OWNER, { destination: {} });
    const changed = Buffer.from(encrypted);
    changed[14] = (changed[14] ?? 0) ^ 1;

    expect(key.decrypt({ ...OWNER, name: 'other' }, encrypted)).toBeUndefined();
    expect(key.decrypt({ ...OWNER, options: { url: 'https://eve.example' } }, encrypted)).toBeUndefined();
    expect(key.decrypt(OWNER, changed)).toBeUndefined();
    expect(key.decrypt(OWNER, encrypted.subarray(0, 20))).toBeUndefined();
    expect(keyOf(randomBytes(32).toString('base64')).decrypt(OWNER, encrypted)).toBeUndefined();
  });
});

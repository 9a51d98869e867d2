import { describe, expect, it } from '@jest/globals';
import { PasswordHasher } from './password-hasher.service.js';

describe('PasswordHasher', () => {
  const hasher = new PasswordHasher();

  it('makes argon2id hashes with the recommended parameters and a fresh salt', async () => {
    const hashes = await Promise.all([hasher.hash('correct horse'), hasher.hash('correct horse')]);
    for (const hash of hashes) expect(hash).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
    expect(hashes[0]).not.toBe(hashes[1]);
  });

  it('knows the right password from a wrong one', async () => {
    const hash = await hasher.hash('correct horse');
    await expect(hasher.matches(hash, 'correct horse')).resolves.toBe(true);
    await expect(hasher.matches(hash, 'wrong horse')).resolves.toBe(false);
  });

  it('takes composed and decomposed letters for the same', async () => {
    const hash = await hasher.hash('caf\u00e9 au lait');
    await expect(hasher.matches(hash, 'cafe\u0301 au lait')).resolves.toBe(true);
  });

  it('matches nothing when there is no account', async () => {
    await expect(hasher.matches(undefined, 'correct horse')).resolves.toBe(false);
  });
});

import { randomBytes } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { SecretsKey } from './secrets-key.js';
import { SecretsKeys } from './secrets-keys.js';

const [NEW, OLD] = [randomBytes(32).toString('base64'), randomBytes(32).toString('base64')];
const IDS = [NEW, OLD].map((text) => SecretsKey.parse(text)?.id);

describe('the keys of the secrets of streams', () => {
  it.each([[[NEW, OLD]], [`${NEW},${OLD}`], [`${NEW}, ${OLD}`]])(
    'are a list or a text with commas, the newest first',
    (given) => {
      expect(SecretsKeys.parse(given)?.ids).toEqual(IDS);
    },
  );

  it('may be one key', () => {
    expect(SecretsKeys.parse(NEW)?.ids).toEqual(IDS.slice(0, 1));
  });

  it.each([[undefined], [''], [[]], [[NEW, NEW]], [[NEW, 'c2hvcnQ=']], [`${NEW},`], [[NEW, 1]], [7]])(
    'are not %j',
    (given) => {
      expect(SecretsKeys.parse(given)).toBeUndefined();
    },
  );

  it('encrypt with the newest, and find each by its id', () => {
    const keys = SecretsKeys.parse([NEW, OLD]);

    expect(keys?.newest.id).toBe(IDS[0]);
    expect([...IDS, 'unknown'].map((id) => keys?.find(id ?? '')?.id)).toEqual([...IDS, undefined]);
  });
});

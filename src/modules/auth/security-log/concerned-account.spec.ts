import { describe, expect, it } from '@jest/globals';
import { uuidv7 } from 'uuidv7';
import { concernedAccount } from './concerned-account.js';

const ada = uuidv7();
const admin = uuidv7();

describe('concernedAccount', () => {
  it('is the user it was done to rather than the one who did it', () => {
    expect(concernedAccount({ resource: { type: 'user', id: ada }, actor: { type: 'admin', id: admin } })).toBe(ada);
  });

  it('is the actor when it was done to something else, or to nothing', () => {
    expect(concernedAccount({ resource: { type: 'session', id: admin }, actor: { type: 'user', id: ada } })).toBe(ada);
    expect(concernedAccount({ actor: { type: 'admin', id: admin } })).toBe(admin);
  });

  it('is nobody for actors without an account, and for ids that are none of ours', () => {
    expect(concernedAccount({ actor: { type: 'anonymous' } })).toBeUndefined();
    expect(concernedAccount({ actor: { type: 'service', id: ada } })).toBeUndefined();
    expect(
      concernedAccount({ resource: { type: 'user', id: '17' }, actor: { type: 'user', id: '42' } }),
    ).toBeUndefined();
  });
});

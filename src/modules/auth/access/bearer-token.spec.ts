import { describe, expect, it } from '@jest/globals';
import { readBearerToken } from './bearer-token.js';

describe('readBearerToken', () => {
  it('reads the token whatever the case of the scheme', () => {
    expect(readBearerToken('Bearer a.b.c')).toBe('a.b.c');
    expect(readBearerToken('bearer  a.b.c ')).toBe('a.b.c');
  });

  it.each([undefined, '', 'Bearer', 'Bearer ', 'Basic YTpi', 'Bearer a b', 'a.b.c', ['Bearer a']])(
    'finds none in %j',
    (header) => {
      expect(readBearerToken(header)).toBeUndefined();
    },
  );
});

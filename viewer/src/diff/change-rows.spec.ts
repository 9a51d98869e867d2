import { describe, expect, it } from '@jest/globals';
import { changeRows } from './change-rows.js';

describe('changeRows', () => {
  it('says what is redacted, masked, a digest or erased', () => {
    const digest = `sha256:${'0f'.repeat(32)}`;
    const diff = [
      { path: '/pin', from: '[REDACTED]', to: '[REDACTED]' },
      { path: '/token', from: '****9f3c', to: digest },
      { path: '/email' },
      { path: '/age', from: 7 },
    ];
    const kinds = (isErased: boolean) =>
      changeRows({ diff }, isErased).rows.map(({ before, after }) => [before.kind, after.kind]);
    expect(kinds(false)).toEqual([
      ['redacted', 'redacted'],
      ['masked', 'digest'],
      ['erased', 'erased'],
      ['value', 'absent'],
    ]);
    expect(kinds(true).at(-1)).toEqual(['value', 'erased']);
  });

  it('stays bounded', () => {
    const many = Array.from({ length: 5000 }, (_, place) => ({ path: `/${place}`, to: place }));
    expect(changeRows({ diff: many })).toMatchObject({ isCut: true });
    expect(changeRows({ diff: many }).rows).toHaveLength(1000);
  });
});

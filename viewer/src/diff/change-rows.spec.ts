import { describe, expect, it } from '@jest/globals';
import { buildChangeRows } from './change-rows.js';

describe('buildChangeRows', () => {
  it('says what is redacted, masked, a digest or erased', () => {
    const digest = `sha256:${'0f'.repeat(32)}`;
    const diff = [
      { path: '/pin', from: '[REDACTED]', to: '[REDACTED]' },
      { path: '/token', from: '****9f3c', to: digest },
      { path: '/email' },
      { path: '/age', from: 7 },
    ];
    const kinds = (isErased: boolean) =>
      buildChangeRows({ diff }, isErased).rows.map(({ before, after }) => [before.kind, after.kind]);
    expect(kinds(false)).toEqual([
      ['redacted', 'redacted'],
      ['masked', 'digest'],
      ['erased', 'erased'],
      ['value', 'absent'],
    ]);
    expect(kinds(true).at(-1)).toEqual(['value', 'erased']);
  });

  it('stays bounded', () => {
    const many = Array.from({ length: 5000 }, (_, index) => ({ path: `/${index}`, to: index }));
    expect(buildChangeRows({ diff: many })).toMatchObject({ isCut: true });
    expect(buildChangeRows({ diff: many }).rows).toHaveLength(1000);
  });
});

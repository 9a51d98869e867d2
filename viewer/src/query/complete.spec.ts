import { describe, expect, it } from '@jest/globals';
import { choose, suggestKnown, suggestNames, suggestValues, typingAt } from './complete.js';

const at = (marked: string) => {
  const caret = marked.indexOf('|');
  return typingAt(marked.replace('|', ''), caret);
};

describe('typingAt', () => {
  it('sees a name', () => {
    expect(at('card ou|')).toMatchObject({ kind: 'name', prefix: 'ou', span: { start: 5, end: 7 } });
    expect(at('-ou|')).toMatchObject({ kind: 'name', prefix: 'ou', isNegated: true, span: { start: 1, end: 3 } });
    expect(at('|')).toMatchObject({ kind: 'name', prefix: '' });
  });

  it('sees a value, and which of several', () => {
    expect(at('outcome:de|nied x')).toMatchObject({
      kind: 'value',
      filter: 'outcome',
      prefix: 'de',
      span: { start: 8, end: 14 },
    });
    expect(at('outcome:a,de|')).toMatchObject({ prefix: 'de', span: { start: 10, end: 12 } });
    expect(at('details.roleName:|')).toMatchObject({ filter: 'details.roleName', prefix: '' });
  });

  it('stays silent within quotation marks', () => {
    expect(at('actor:"ada l|"')).toBeUndefined();
  });
});

describe('a choice', () => {
  it('completes a name, and leaves the caret for its value', () => {
    const typing = at('ou|');
    if (typing?.kind !== 'name') throw new Error('expected a name');
    const [first] = suggestNames(typing, () => '');
    if (first === undefined) throw new Error('expected a suggestion');
    expect(choose('ou', first)).toEqual({ text: 'outcome:', caret: 8 });
  });

  it('completes a value, and starts the next term', () => {
    const typing = at('outcome:de| card');
    if (typing?.kind !== 'value') throw new Error('expected a value');
    const [first] = suggestKnown(typing);
    if (first === undefined) throw new Error('expected a suggestion');
    expect(choose('outcome:de card', first)).toEqual({ text: 'outcome:denied card', caret: 15 });
  });

  it('quotes what needs it', () => {
    const [first] = suggestValues(
      { span: { start: 6, end: 6 } },
      [{ value: 'u 1', name: 'Ada', count: 3 }],
      (count) => `${count} events`,
    );
    expect(first).toMatchObject({ label: 'Ada', note: 'u 1 · 3 events', text: '"u 1"' });
  });
});

import { describe, expect, it } from '@jest/globals';
import { changeRows } from './change-rows.js';

const text = (value: string) => ({ kind: 'value', text: value, type: 'text' });

describe('changeRows', () => {
  it('shows what was added, removed and changed', () => {
    const diff = [
      { path: '/status', from: 'new', to: 'paid' },
      { path: '/items/0', to: 'milk' },
      { path: '/a~1b', from: true },
    ];
    const { rows, isCut } = changeRows({ diff });
    expect(isCut).toBe(false);
    expect(rows).toEqual([
      { path: '/status', names: ['status'], kind: 'changed', before: text('new'), after: text('paid') },
      { path: '/items/0', names: ['items', '0'], kind: 'added', before: { kind: 'absent' }, after: text('milk') },
      {
        path: '/a~1b',
        names: ['a/b'],
        kind: 'removed',
        before: { kind: 'value', text: 'true', type: 'boolean' },
        after: { kind: 'absent' },
      },
    ]);
  });

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

  it('says what was cut', () => {
    const { rows, isCut } = changeRows({
      diff: [
        { path: '/text', from: 'a', to: 'b', truncated: true },
        { path: '', truncated: true },
      ],
    });
    expect(rows.map((row) => row.isCut)).toEqual([true]);
    expect(isCut).toBe(true);
  });

  it('compares long texts inside', () => {
    const [from, to] = ['The parcel is at the door of the neighbour', 'The parcel is in the shed of the neighbour'];
    const [row] = changeRows({ diff: [{ path: '/note', from, to }] }).rows;
    expect(
      row?.pieces
        ?.filter(({ kind }) => kind !== 'added')
        .map((piece) => piece.text)
        .join(''),
    ).toBe(from);
    expect(
      row?.pieces
        ?.filter(({ kind }) => kind !== 'removed')
        .map((piece) => piece.text)
        .join(''),
    ).toBe(to);
    expect(row?.pieces?.map(({ kind }) => kind)).toContain('same');
  });

  it('compares the states where an event lacks a list of differences', () => {
    const { rows } = changeRows({
      before: { status: 'new', items: [{ id: 1, n: 2 }], gone: 1, same: { a: [1] } },
      after: { status: 'paid', items: [{ id: 1, n: 3 }, 'x'], same: { a: [1] } },
    });
    expect(rows.map(({ path, kind }) => [path, kind])).toEqual([
      ['/status', 'changed'],
      ['/items/0/n', 'changed'],
      ['/items/1', 'added'],
      ['/gone', 'removed'],
    ]);
    expect(changeRows({ after: { id: 1 } }).rows.map(({ path, kind }) => [path, kind])).toEqual([['', 'added']]);
  });

  it('reads the lists that applications make themselves', () => {
    const paths = (diff: unknown) => changeRows({ diff }).rows.map(({ path, before, after }) => [path, before, after]);
    expect(paths([{ op: 'replace', path: '/a', value: 'x' }])).toEqual([['/a', { kind: 'absent' }, text('x')]]);
    expect(paths([{ field: 'a.b', old: 'x', new: 'y' }])).toEqual([['/a/b', text('x'), text('y')]]);
    expect(paths({ a: ['x', 'y'], b: { from: 'x', to: 'y' }, c: 'z' })).toEqual([
      ['/a', text('x'), text('y')],
      ['/b', text('x'), text('y')],
      ['/c', { kind: 'absent' }, text('z')],
    ]);
    expect(paths([null, 7])).toHaveLength(2);
  });

  it('says nothing of an event without changes', () => {
    expect(changeRows(undefined).rows).toEqual([]);
    expect(changeRows({}).rows).toEqual([]);
    expect(changeRows({ before: { a: 1 }, after: { a: 1 } }).rows).toEqual([]);
  });

  it('stays bounded', () => {
    const many = Array.from({ length: 5000 }, (_, place) => ({ path: `/${place}`, to: place }));
    expect(changeRows({ diff: many })).toMatchObject({ isCut: true });
    expect(changeRows({ diff: many }).rows).toHaveLength(1000);
  });
});

import { describe, expect, it } from '@jest/globals';
import { FieldShapes } from './field-shapes.js';

function counted(): { readonly shapes: FieldShapes<string>; readonly made: string[] } {
  const made: string[] = [];
  const shapes = new FieldShapes((name) => {
    made.push(name);
    return `<${name}>`;
  });
  return { shapes, made };
}

describe('the shapes of objects', () => {
  it('have their fields in the order of canonical JSON, whatever order the object has', () => {
    const { shapes } = counted();
    expect(shapes.of({ b: 1, é: 2, B: 3, '10': 4, '9': 5 })).toEqual(['<10>', '<9>', '<B>', '<b>', '<é>']);
    expect(shapes.of({})).toEqual([]);
    expect(shapes.of({ only: 1 })).toEqual(['<only>']);
  });

  it('are told apart where objects end in the same name', () => {
    const { shapes } = counted();
    expect(shapes.of({ a: 1, note: 2 })).toEqual(['<a>', '<note>']);
    expect(shapes.of({ b: 1, note: 2 })).toEqual(['<b>', '<note>']);
    expect(shapes.of({ note: 2 })).toEqual(['<note>']);
    expect(shapes.of({ a: 1, b: 2, note: 3 })).toEqual(['<a>', '<b>', '<note>']);
    expect(shapes.of({ a: 1, note: 2 })).toEqual(['<a>', '<note>']);
  });

  it('are right however many there are', () => {
    const { shapes } = counted();
    for (let nth = 0; nth < 1_000; nth++) {
      expect(shapes.of({ [`z${nth}`]: 1, a: 2 })).toEqual(['<a>', `<z${nth}>`]);
      expect(shapes.of({ b: 1, a: 2 })).toEqual(['<a>', '<b>']);
    }
  });
});

import { describe, expect, it } from '@jest/globals';
import type { JsonObject } from '../../audit/nest-free.js';
import type { CapturedChunk } from './captured-chunk.js';
import { sortChanges } from './isolate-changes.js';

const SOURCE = {
  schema: 'public',
  table: 'rate',
  resource: 'rate',
  key: ['id'],
  facts: [],
  redacted: [],
  digested: [],
  asText: [],
  shown: [],
};
const AT = new Date(0);

function change(depth: number, before?: JsonObject, after?: JsonObject, transaction = '1'): CapturedChunk {
  return {
    transaction,
    changedAt: AT,
    operation: 'UPDATE',
    source: SOURCE,
    origin: { depth },
    statementRows: 1,
    lines: [{ before, after, text: '', digest: '', changedSecrets: [] }],
  };
}

const row = (price: number): JsonObject => ({ id: 1, price });
const order = (...chunks: CapturedChunk[]): readonly CapturedChunk[] => sortChanges(chunks, (chunk) => chunk);

describe('the order of changes', () => {
  it('is the order of the outbox if no trigger changes rows', () => {
    const chunks = [change(1, row(2), row(3)), change(1, row(1), row(2))];
    expect(order(...chunks)).toEqual(chunks);
  });

  it('puts a statement before the changes that its triggers made, at any depth', () => {
    const [outer, inner, innermost] = [change(1, row(1), row(2)), change(2, row(2), row(3)), change(3, row(3), row(4))];
    expect(order(innermost, inner, outer)).toEqual([outer, inner, innermost]);
  });

  it('puts a deletion before the row that its trigger adds', () => {
    const [outer, inner] = [change(1, row(1)), change(2, undefined, row(2))];
    expect(order(inner, outer)).toEqual([outer, inner]);
  });

  it('does not move a later statement, even if an earlier one fired a trigger', () => {
    const [inner, later] = [change(2, row(1), row(2)), change(1, row(2), row(3))];
    expect(order(inner, later)).toEqual([inner, later]);
  });

  it('moves nothing between transactions', () => {
    const [inner, other] = [change(2, row(2), row(3)), change(1, row(1), row(2), '2')];
    expect(order(inner, other)).toEqual([inner, other]);
  });
});

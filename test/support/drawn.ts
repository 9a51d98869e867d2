import { createHash } from 'node:crypto';
import { expect } from '@jest/globals';

/**
 * The rows of a sweep over many cases of one thing: every one of them, or in the gate, which names its commit in `GATE_DRAW`, one of
 * `parts` parts that commit and spec file draw. The nightly workflow runs all. No promise's own spec draws.
 */
export function drawn<T>(rows: readonly T[], parts: number): readonly T[] {
  const { GATE_DRAW: commit = '' } = process.env;
  if (commit === '') return rows;
  const { testPath = '' } = expect.getState();
  const place = testPath.slice(testPath.lastIndexOf('/test/')); // the same in every checkout
  const part = createHash('sha256').update(`${commit}${place}`).digest().readUInt32BE() % parts;
  return rows.filter((_row, nth) => nth % parts === part);
}

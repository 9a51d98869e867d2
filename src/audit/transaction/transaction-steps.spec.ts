import { expect, it } from '@jest/globals';
import { transactionSteps } from './transaction-steps.js';

it.each([
  ['SAVEPOINT typeorm_1', [{ kind: 'savepoint', name: 'typeorm_1' }]],
  ['savepoint "My ""one"""', [{ kind: 'savepoint', name: 'My "one"' }]],
  ['SAVEPOINT"step--1"', [{ kind: 'savepoint', name: 'step--1' }]],
  ['SAVEPOINT \u00c4B', [{ kind: 'savepoint', name: '\u00c4b' }]],
  [`ROLLBACK TO u&"d!0061!+000074!!" UESCAPE '!'`, [{ kind: 'rollBackTo', name: 'dat!' }]],
  [`SAVEPOINT ${'a'.repeat(62)}\u00e4`, [{ kind: 'savepoint', name: 'a'.repeat(62) }]],
  ['RELEASE Here;', [{ kind: 'release', name: 'here' }]],
  ['RELEASE SAVEPOINT a', [{ kind: 'release', name: 'a' }]],
  ['ROLLBACK TO a', [{ kind: 'rollBackTo', name: 'a' }]],
  ['-- back\nROLLBACK /* all */ WORK TO SAVEPOINT a', [{ kind: 'rollBackTo', name: 'a' }]],
  ['rollback transaction to savepoint A', [{ kind: 'rollBackTo', name: 'a' }]],
  ['ROLLBACK', [{ kind: 'rollBack', isPlain: false }]],
  ['ABORT WORK', [{ kind: 'rollBack', isPlain: false }]],
  [' commit ;', [{ kind: 'commit', isPlain: true }]],
  ['COMMIT AND CHAIN', [{ kind: 'commit', isPlain: false, chains: true }]],
  ['ROLLBACK AND NO CHAIN', [{ kind: 'rollBack', isPlain: false }]],
  ['END', [{ kind: 'commit', isPlain: false }]],
  [`PREPARE TRANSACTION 'a'`, [{ kind: 'commit', isPlain: false }]],
  [
    `SAVEPOINT a; INSERT INTO t VALUES ('; ROLLBACK'); ROLLBACK TO a; COMMIT`,
    [
      { kind: 'savepoint', name: 'a' },
      { kind: 'rollBackTo', name: 'a' },
      { kind: 'commit', isPlain: false },
    ],
  ],
])('finds the steps of %s', (text, steps) => {
  expect(transactionSteps(text)).toEqual(steps);
});

it.each([
  'SELECT CASE WHEN a THEN b END FROM t',
  `INSERT INTO t VALUES ('ROLLBACK TO a')`,
  'PREPARE p AS SELECT 1',
  `COMMIT PREPARED 'a'`,
  `ROLLBACK PREPARED 'a'`,
  'UPDATE release SET "commit" = 1',
])('finds none in %s', (text) => {
  expect(transactionSteps(text)).toEqual([]);
});

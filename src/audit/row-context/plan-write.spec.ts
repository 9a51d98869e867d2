import { describe, expect, it } from '@jest/globals';
import { planWrite } from './plan-write.js';

const mayWrite = (text: string, writingFunctions?: RegExp) =>
  !['reads', 'calls'].includes(planWrite(text, writingFunctions) as string);

describe('a text that may write', () => {
  it.each([
    'INSERT INTO t VALUES (1)',
    '\n  update t SET a = 1',
    ';; DELETE FROM t',
    'MERGE INTO t USING s ON true WHEN MATCHED THEN DELETE',
    'TRUNCATE t',
    'CALL p()',
    'DO $$ BEGIN PERFORM 1; END $$',
    'EXECUTE prepared(1)',
    'WITH gone AS (DELETE FROM t RETURNING *) SELECT * FROM gone',
    'EXPLAIN ANALYZE INSERT INTO t VALUES (1)',
    'COPY t FROM STDIN',
    'copy "a table" (a, b) FROM STDIN WITH (FORMAT csv)',
    '/* a /* nested */ comment */ UPDATE t SET a = 1',
    "-- SELECT 1\n-- ; it's\n UPDATE t SET a = 1",
    'BEGIN; UPDATE t SET a = 1; COMMIT',
    'SET LOCAL x.y = 1; /* */ COPY t FROM STDIN',
  ])('is %j', (text) => expect(mayWrite(text)).toBe(true));

  it.each([
    '',
    'SELECT 1',
    "(SELECT 'update t')",
    "SELECT 'it''s; fine' FROM t",
    'WITH recent AS (SELECT updated_at FROM t) SELECT * FROM recent',
    'EXPLAIN SELECT 1',
    'COPY t TO STDOUT',
    'COPY (SELECT * FROM t) TO STDOUT',
    'BEGIN',
    'START TRANSACTION',
    'COMMIT;',
    'SAVEPOINT update_it',
    'VACUUM t',
    'CREATE INDEX CONCURRENTLY i ON t (a)',
    '/* DELETE FROM t */ SELECT 1',
    '/* never ends',
  ])('is not %j', (text) => expect(mayWrite(text)).toBe(false));

  it('is a SELECT that is named', () => {
    const named = /\bnext_invoice\(/;
    expect(mayWrite('SELECT next_invoice($1)', named)).toBe(true);
    expect(mayWrite('SELECT 1', named)).toBe(false);
    expect(mayWrite('BEGIN; SELECT next_invoice(1)', named)).toBe(true);
  });
});

describe('a text that may write, as it is sent', () => {
  it.each([
    'UPDATE t SET a = 1',
    'UPDATE t SET a = 1;',
    'UPDATE t SET a = 1; -- done; really',
    "UPDATE t SET a = 'one; two'",
    String.raw`UPDATE t SET a = E'it\'s; two'`,
    'UPDATE "a;b" SET a = 1',
    'DO $do$ BEGIN PERFORM 1; PERFORM $$ ; $$; END $do$',
    'UPDATE t SET a = 1 /* ; /* ; */ ; */',
    ';;(WITH gone AS (DELETE FROM t RETURNING *) SELECT * FROM gone)',
  ])('is %j as one statement of the extended protocol', (text) => expect(planWrite(text)).toBe('extended'));

  it.each(['CALL p()', 'DO $$ BEGIN UPDATE t SET a = 1; COMMIT; END $$', 'DO $$ BEGIN CALL p(); END $$'])(
    'is %j in a transaction alone, since it may end one',
    (text) => {
      expect(planWrite(text)).toBe('inTransaction');
      expect(planWrite(text, /\bp\(|UPDATE/)).toBe('extended');
    },
  );

  it.each([
    '@COPY t FROM STDIN',
    '/* data */ @copy t from stdin',
    '@UPDATE t SET a = 1; DELETE FROM t; SELECT 1',
    ';SELECT 1; @DELETE FROM t;',
    "BEGIN ISOLATION LEVEL SERIALIZABLE; SELECT 'a;b'; @UPDATE t SET a = 1; UPDATE t SET a = 2; COMMIT; BEGIN; @DELETE FROM t; COMMIT",
    'SELECT 1; @(WITH gone AS (DELETE FROM t RETURNING *) SELECT * FROM gone)',
    'SAVEPOINT s; @UPDATE t SET a = 1; ROLLBACK TO s; @UPDATE t SET a = 2',
  ])('is %j with the context before each @', (marked) => {
    const places = [...marked.matchAll(/@/g)].map(({ index }, before) => index - before);
    expect(planWrite(marked.replaceAll('@', ''))).toEqual(places);
  });
});

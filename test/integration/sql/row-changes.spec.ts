import { createHash } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { useSqlScene } from '../../support/sql-scene.js';

const { one, query, rows } = useSqlScene();

const sha256 = (...parts: readonly (string | Uint8Array)[]): string => {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return hash.digest('hex');
};

const SALT = Buffer.alloc(32, 7);
const DIGESTS = `SELECT * FROM (VALUES ('1', repeat('ab', 32)), ('2', repeat('cd', 32))) AS row (key, digest)`;

/** A function that stands for the generated one of a captured table, and the arguments with it. */
async function makeDigests(): Promise<readonly unknown[]> {
  await query(
    `CREATE FUNCTION digests_of_rate(text[]) RETURNS TABLE (key text, digest text) LANGUAGE sql AS $$ ${DIGESTS} $$`,
  );
  return ['public', 'rate', 'digests_of_rate', ['id'], ['id', 'price'], []];
}

const take = async (given: readonly unknown[], again: boolean) =>
  one('SELECT audit_row_baseline_take($1, $2, $3, $4, $5, $6, $7)', [...given, again]);

const told = () =>
  rows(`SELECT source->>'table' AS "table", origin->'baseline' AS baseline FROM audit_row_change ORDER BY position`);

describe('audit_row_masks', () => {
  it('masks secrets, digests values with the salt, and writes exact numbers as texts', async () => {
    const image = JSON.stringify({ id: 1, token: 'x', iban: 'CH1', price: 1.5, gone: null });
    const masks = await one('SELECT audit_row_masks($1, $2, $3, $4, $5)', [
      image,
      ['token', 'gone'],
      ['iban'],
      ['price', 'dropped'],
      SALT,
    ]);
    expect(masks).toEqual({ token: '[REDACTED]', iban: `sha256:${sha256(SALT, 'CH1')}`, price: '1.5' });
  });

  it('masks nothing without a column', async () => {
    expect(await one(`SELECT audit_row_masks('{"id": 1}', '{}', '{}', '{}', $1)`, [SALT])).toEqual({});
  });
});

describe('audit_row_value', () => {
  const value = (given: string) => one(`SELECT audit_row_value(${given}, $1)`, [SALT]);

  it('is JSON, or the text of what cannot be read as JSON', async () => {
    expect(await value('ARRAY[1, 2]')).toEqual([1, 2]);
    expect(await value(String.raw`ARRAY['"\u0000"'::json]`)).toBe(String.raw`{"\"\\u0000\""}`);
    expect(await value('NULL::json')).toBeNull();
  });

  it('is cut with a digest of the whole where it is large', async () => {
    const cut = await value(`repeat('x', 70000)`);
    expect(cut).toMatch(/^x{16500} sha256:[0-9a-f]{64}$/);
    expect(await value(`repeat('x', 70000) || 'y'`)).not.toBe(cut);
    expect(await value(`convert_to(repeat('x', 70000), 'UTF8')`)).toMatch(/^\\x(78){8250} sha256:[0-9a-f]{64}$/);
  });
});

describe('audit_row_labels', () => {
  it('has the labels of enums at any depth, behind an id that stays', async () => {
    await query(
      `CREATE TYPE hue AS ENUM ('red', 'blue'); CREATE TYPE paint AS (of hue, litres int); CREATE TABLE coat (id int, more paint[])`,
    );
    const before = (await one(`SELECT audit_row_labels('coat'::regclass)`)) as readonly string[];
    expect(before).toEqual([expect.stringMatching(/^\d+ red$/), expect.stringMatching(/^\d+ blue$/)]);
    await query(`ALTER TYPE hue RENAME VALUE 'red' TO 'scarlet'`);
    expect(await one(`SELECT audit_row_labels('coat'::regclass)`)).toContain(
      String(before[0]).replace('red', 'scarlet'),
    );
  });
});

describe('audit_row_json', () => {
  it('reads JSON, and makes a string of what cannot be read', async () => {
    expect(await one('SELECT audit_row_json($1)', ['{"a": [1.50]}'])).toEqual({ a: [1.5] });
    for (const text of ['nothing', '', '{"a": "\\u0000"}', '"\\ud800"', '1e9999999']) {
      expect(await one('SELECT audit_row_json($1)', [text])).toBe(text);
    }
    expect(await one('SELECT audit_row_json($1)', [null])).toBeNull();
  });
});

describe('audit_row_key', () => {
  it.each([
    ['the value of one column', '{"id": 7}', '7'],
    ['a list of several values, by the names of the columns', '{"b": "x", "a": 1}', '["1", "x"]'],
    ['NULL of no column', '{}', null],
    ['NULL of anything else', '[1]', null],
  ])('is %s', async (_what, key, text) => {
    expect(await one('SELECT audit_row_key($1)', [key])).toBe(text);
  });
});

describe('audit_row_key_fold', () => {
  it.each(['17', '-3', '0198d1f2-7b1e-7c4a-8f57-2f1f4d1a9c11'])('leaves %s as it is', async (key) => {
    expect(await one('SELECT audit_row_key_fold($1, $2)', [key, SALT])).toBe(key);
  });

  it.each(['ada@example.com', '1234567890123456', ''])('digests %j, which may name a person', async (key) => {
    expect(await one('SELECT audit_row_key_fold($1, $2)', [key, SALT])).toBe(sha256(SALT, `key:${key}`));
  });
});

describe('audit_row_facts', () => {
  const facts = (type: string, details: object, changes: object | null = null) =>
    rows('SELECT key, digest, is_gone, is_new FROM audit_row_facts($1, $2, $3)', [
      type,
      JSON.stringify({ schema: 'public', table: 'rate', ...details }),
      changes && JSON.stringify(changes),
    ]);

  it('says the row of an event, and whether it is new or gone', async () => {
    expect(await facts('row_inserted', { operation: 'INSERT', key: { id: 1 }, digest: 'aa' })).toEqual([
      { key: '1', digest: 'aa', is_gone: false, is_new: true },
    ]);
    expect(await facts('row_deleted', { operation: 'DELETE', key: { id: 1 }, digest: 'aa' })).toEqual([
      { key: '1', digest: 'aa', is_gone: true, is_new: false },
    ]);
  });

  it('says the key that a row had before, and takes the digest of a key for it', async () => {
    const given = { operation: 'UPDATE', key: { id: 2 }, rekeyedFrom: { id: 1 }, keyDigest: 'ff', digest: 'aa' };
    expect(await facts('row_updated', given, { before: {}, after: {} })).toEqual([
      { key: 'ff', digest: 'aa', is_gone: false, is_new: false },
      { key: '1', digest: 'aa', is_gone: true, is_new: false },
    ]);
  });

  it('says nothing of an event without a key', async () => {
    expect(await facts('table_truncated', { operation: 'TRUNCATE' })).toEqual([]);
  });
});

describe('audit_row_kept', () => {
  const kept = (type: string, details: object) =>
    rows('SELECT key, digest, is_gone, transaction FROM audit_row_kept($1, $2, NULL)', [type, JSON.stringify(details)]);
  const rate = { schema: 'public', table: 'rate', transaction: '7' };

  it('is the digest of the row, and that a table or its partition was truncated', async () => {
    expect(await kept('row_inserted', { ...rate, operation: 'INSERT', key: { id: 1 }, digest: 'aa' })).toEqual([
      { key: '1', digest: 'aa', is_gone: false, transaction: '7' },
    ]);
    const gone = { digest: '', is_gone: true, transaction: '7' };
    expect(await kept('table_truncated', { ...rate, operation: 'TRUNCATE' })).toEqual([{ key: '*', ...gone }]);
    const part = { ...rate, operation: 'TRUNCATE', partition: 'public.rate_1' };
    expect(await kept('row_changed_externally', part)).toEqual([{ key: '*partition', ...gone }]);
  });

  it('is nothing of what is longer than the capture writes it, which no index would hold', async () => {
    const row = { ...rate, key: { id: 1 } };
    for (const long of [
      { keyDigest: 'a'.repeat(6_000) },
      { digest: 'a'.repeat(65) },
      { table: 'a'.repeat(64) },
      { transaction: '1'.repeat(21) },
    ]) {
      expect(await kept('row_inserted', { ...row, ...long })).toEqual([]);
    }
  });

  it('is nothing of other events, nor of what names no table, and needs no transaction', async () => {
    expect(await kept('price_listed', { ...rate, key: { id: 1 } })).toEqual([]);
    expect(await kept('row_inserted', { key: { id: 1 } })).toEqual([]);
    expect(await kept('table_truncated', { operation: 'TRUNCATE' })).toEqual([]);
    expect(await kept('row_inserted', { schema: 'public', table: 'rate', key: { id: 1 } })).toEqual([
      { key: '1', digest: '', is_gone: false, transaction: '' },
    ]);
  });
});

describe('audit_row_change_digests', () => {
  const change = (lines: unknown, key: readonly string[] = ['id']) =>
    query(
      `INSERT INTO audit_row_change (operation, source, origin, statement_rows, changes, lines)
       VALUES ('UPDATE', $1, '{}', 1, 1, $2)`,
      [JSON.stringify({ schema: 'public', table: 'rate', key }), JSON.stringify(lines)],
    );
  const digests = () => rows('SELECT key, rekeyed_from, digest, is_gone FROM audit_row_change_digests()');

  it('shows keys and digests of the outbox to a reader of every event', async () => {
    await change([
      [{ id: 1 }, { id: 2 }, 'aa'],
      [{ id: 3 }, null, 'bb'],
    ]);
    await query(`SET LOCAL audit.reads = 'all'`);
    expect(await digests()).toEqual([
      { key: '2', rekeyed_from: '1', digest: 'aa', is_gone: false },
      { key: '3', rekeyed_from: null, digest: 'bb', is_gone: true },
    ]);
  });

  it('shows nothing to anybody else', async () => {
    await change([[null, { id: 1 }, 'aa']]);
    expect(await digests()).toEqual([]);
  });
});

describe('audit_row_parked_of', () => {
  const park = (position: number, { source, origin, keys = [], lines }: Parked) =>
    query(
      `INSERT INTO audit_row_change_parked (position, error, row_keys, transaction, begun_at, changed_at, operation, source, origin,
         statement_rows, changes, lines)
       VALUES ($1, 'x', $2, '7', now(), now(), 'INSERT', $3, $4, 1, 1, $5)`,
      [position, keys, JSON.stringify(source ?? { resource: 'order' }), JSON.stringify(origin ?? {}), lines ?? '[]'],
    );
  interface Parked {
    readonly source?: unknown;
    readonly origin?: unknown;
    readonly keys?: readonly string[];
    readonly lines?: string;
  }
  const parkedOf = async (
    subject: string,
    needles: readonly string[] = [],
    { before = '8', after = 0, most = 10 } = {},
  ) =>
    (await rows('SELECT * FROM audit_row_parked_of($1, $2, $3, $4, $5)', [subject, needles, before, after, most])).map(
      ({ position, is_of: isOf }) => [Number(position), isOf],
    );
  const signed = (context: unknown) => ({ context: `v1.${'0'.repeat(64)}.${JSON.stringify(context)}` });

  it('finds the changes that a person made, that were made on their behalf, and of the person', async () => {
    await park(1, { origin: signed({ actor: { id: 'p', onBehalfOf: { id: 'q' } } }) });
    await park(2, { source: { resource: 'user' }, keys: ['p', 'r'] });
    await park(3, { keys: ['p'] });
    expect(await parkedOf('p')).toEqual([
      [1, true],
      [2, true],
    ]);
    expect([await parkedOf('q'), await parkedOf('r')]).toEqual([[[1, true]], [[2, true]]]);
    expect(await parkedOf('p', [], { after: 1 })).toEqual([[2, true]]);
    expect(await parkedOf('p', [], { most: 1 })).toEqual([[1, true]]);
    expect(await parkedOf('p', [], { before: '7' })).toEqual([]);
  });

  it('finds the changes that contain a text, whatever its case, in the row and in who changed it', async () => {
    await park(1, { lines: String.raw`[[null, {"note": "by Zo\u00eb \"N\""}, "00"]]` });
    await park(2, { origin: signed({ actor: { name: 'zoë "n"' } }) });
    await park(3, { origin: { application: 'ZOË "N"' } });
    await park(4, { lines: '[[null, {"note": "Ada"}, "00"]]' });
    const needle = JSON.stringify('Zoë "N"').slice(1, -1);
    expect(await parkedOf('p', [needle])).toEqual([1, 2, 3].map((position) => [position, false]));
  });

  it('searches what cannot be read as it stands', async () => {
    await park(1, { origin: 'p', lines: 'no JSON' });
    await park(2, { origin: 7, lines: 'of p' });
    await park(3, { source: 'p', lines: 'of q' });
    expect(await parkedOf('p')).toEqual([
      [1, true],
      [2, true],
    ]);
    expect(await parkedOf('x', ['OF Q'])).toEqual([[3, false]]);
  });
});

describe('audit_row_salt', () => {
  it('is the salt of the table', async () => {
    expect(await one('SELECT audit_row_salt() = salt FROM audit_row_salt')).toBe(true);
  });
});

describe('audit_row_set_digest', () => {
  it('is one digest of the rows of a baseline, in whatever order they are stored', async () => {
    const digestOf = async (order: string): Promise<unknown> => {
      const [{ id }] = (await rows('SELECT gen_random_uuid() AS id')) as readonly [{ id: string }]; // one row
      await query(
        `INSERT INTO audit_row_baseline_digest SELECT $1, key, decode(digest, 'hex') FROM (${DIGESTS}) r ORDER BY key ${order}`,
        [id],
      );
      return rows('SELECT rows, digest FROM audit_row_set_digest($1)', [id]);
    };
    const expected = sha256(
      ...[
        ['ab'.repeat(32), '1'],
        ['cd'.repeat(32), '2'],
      ].map(([digest = '', key = '']) => createHash('sha256').update(Buffer.from(digest, 'hex')).update(key).digest()),
    );
    expect(await digestOf('ASC')).toEqual([{ rows: '2', digest: expected }]);
    expect(await digestOf('DESC')).toEqual([{ rows: '2', digest: expected }]);
  });
});

describe('audit_row_retired_digests', () => {
  it('is one digest of what is kept of each table, in whatever order it is stored, and another one for each other value', async () => {
    const ID = '01990000-0000-7000-8000-000000000001';
    const store = async (table: string, keys: readonly string[]): Promise<void> => {
      for (const key of keys)
        await query(`INSERT INTO audit_row_retired VALUES ('public', $1, $2, 'ab', false, '7', $3)`, [table, key, ID]);
    };
    const digests = async () => new Map((await all()).map(({ table_name: table, digest }) => [table, digest]));
    const all = () => rows('SELECT * FROM audit_row_retired_digests()');
    expect(await all()).toEqual([]);
    await store('rate', ['1', '2', '3']);
    await store('same', ['3', '1', '2']);
    const before = await digests();
    expect(before.get('rate')).toMatch(/^[0-9a-f]{64}$/);
    expect(before.get('same')).toBe(before.get('rate'));
    expect((await all()).map(({ rows: count }) => count)).toEqual(['3', '3']);
    for (const change of [`digest = 'cd'`, 'is_gone = true', `transaction = '8'`, `key = '4'`]) {
      await query('SAVEPOINT before');
      await query(`UPDATE audit_row_retired SET ${change} WHERE table_name = 'rate' AND key = '1'`);
      const after = await digests();
      expect(after.get('rate')).not.toBe(before.get('rate'));
      expect(after.get('same')).toBe(before.get('same'));
      await query('ROLLBACK TO SAVEPOINT before');
    }
  });
});

describe('audit_row_baseline_take', () => {
  it('stores key and digest of each row, and has it sealed', async () => {
    const given = await makeDigests();
    const id = await take(given, false);
    expect(
      await rows(`SELECT key, encode(digest, 'hex') AS digest FROM audit_row_baseline_digest ORDER BY key`),
    ).toEqual([
      { key: '1', digest: 'ab'.repeat(32) },
      { key: '2', digest: 'cd'.repeat(32) },
    ]);
    const [stored] = await rows('SELECT rows, digest FROM audit_row_set_digest($1)', [id]);
    expect(await told()).toEqual([
      {
        table: 'rate',
        baseline: expect.objectContaining({
          id,
          rows: 2,
          digest: stored?.digest,
          key: ['id'],
          columns: ['id', 'price'],
        }),
      },
    ]);
  });

  it('takes another one only where the last does not fit, or when asked to', async () => {
    const given = await makeDigests();
    await take(given, false);
    expect(await take(given, false)).toBeNull();
    expect(await take([...given.slice(0, 5), ['price']], false)).not.toBeNull();
    expect(await take(given, true)).not.toBeNull();
    expect(await told()).toHaveLength(3);
  });
});

describe('audit_row_baseline_tell', () => {
  it('puts a baseline into the outbox, for the drain to seal', async () => {
    await query(`SELECT audit_row_baseline_tell('public', 'rate', '{"rows": 3}')`);
    expect(await told()).toEqual([{ table: 'rate', baseline: { rows: 3 } }]);
  });
});

describe('audit_row_baseline_end', () => {
  it('notes once that a capture ended, and nothing where none began', async () => {
    await query(`SELECT audit_row_baseline_end('public', 'rate')`);
    expect(await told()).toEqual([]);
    const id = await take(await makeDigests(), false);
    await query(`SELECT audit_row_baseline_end('public', 'rate')`);
    await query(`SELECT audit_row_baseline_end('public', 'rate')`);
    expect((await told()).map(({ baseline }) => baseline)).toEqual([expect.objectContaining({ id }), { id }]);
  });
});

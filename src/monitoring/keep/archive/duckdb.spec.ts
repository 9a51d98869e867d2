import { describe, expect, it } from '@jest/globals';
import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { loadDuckDb, queryFiles, type DuckDbValue } from './duckdb.js';
import { tempFolder } from '../../../../test/support/temp-folder.js';

const LIMITS = { threads: 1, memoryMb: 128 };
const READ = `SELECT json::VARCHAR FROM read_ndjson_objects($1, compression = 'gzip')`;

/** JSON that would change if it were parsed and written again. */
const LINE = '{"n":1e21,"zero":-0,"big":12345678901234567000,"small":1.5e-7,"t":"\\u2028\u2028 🦉","x":1,"x":2}';

const folder = await tempFolder("duck'db-");
const file = join(folder, "it's.gz");
await writeFile(file, gzipSync(`${LINE}\n`.repeat(5_000)));
await writeFile(join(folder, 'other.gz'), gzipSync(`${LINE}\n`));
async function readRows(sql: string, values: readonly DuckDbValue[] = [], signal?: AbortSignal): Promise<unknown[]> {
  const rows: unknown[] = [];
  const duckDb = await loadDuckDb();
  const query = { files: [file], sql, values: [[file], ...values], limits: LIMITS, signal };
  for await (const chunk of queryFiles(duckDb, query)) rows.push(...chunk.map(([first]) => first));
  return rows;
}

describe('DuckDB over archives', () => {
  it('returns lines unchanged', async () => {
    const rows = await readRows(READ);
    expect([rows.length, new Set(rows)]).toEqual([5_000, new Set([LINE])]);
  });

  it('accepts any value of a placeholder', async () => {
    const value = `'); DROP TABLE x; --"`;
    expect(await readRows('SELECT $2 || len($1) LIMIT $3', [value, 1])).toEqual([`${value}1`]);
  });

  it.each([
    ['another file', `SELECT * FROM read_text('/etc/hostname')`],
    ['a file beside it', `SELECT json FROM read_ndjson_objects(replace($1[1], 'it''s', 'other'))`],
    ['a pattern', `SELECT json FROM read_ndjson_objects(replace($1[1], 'it''s', '*'))`],
    ['an extension', 'INSTALL httpfs; SELECT len($1)'],
    ['another address', `SELECT * FROM read_text('http://127.0.0.1:1/')`],
    ['writing', `COPY (SELECT 1) TO '/tmp/written-by-duckdb'; SELECT len($1)`],
    ['its own limits', 'SET threads = 4; SELECT len($1)'],
    ['other files to read', 'SET enable_external_access = true; SELECT len($1)'],
  ])('refuses %s', async (_, sql) => {
    await expect(readRows(sql)).rejects.toThrow(/Permission|disabled|locked|Cannot/i);
    expect((await readdir(folder)).toSorted()).toEqual(["it's.gz", 'other.gz']);
  });

  it('ends during a statement by a signal, and when its reader stops', async () => {
    const endless = `SELECT a.range::VARCHAR FROM range(10000000) a, range(10000000) b WHERE a.range + b.range < 0`;
    await expect(readRows(endless, [], AbortSignal.timeout(100))).rejects.toThrow();
    for await (const chunk of queryFiles(await loadDuckDb(), {
      files: [file],
      sql: READ,
      values: [[file]],
      limits: LIMITS,
    })) {
      expect(chunk.length).toBeLessThan(5_000);
      break;
    }
  });

  it('does not exceed its memory limit', async () => {
    await expect(readRows(`SELECT string_agg(repeat(json, 1000)) FROM read_ndjson_objects($1)`)).rejects.toThrow(
      /memory/i,
    );
  });

  it('names the package that is missing', async () => {
    const load = (): Promise<unknown> => Promise.reject(new Error("Cannot find package '@duckdb/node-api'\nstack"));
    await expect(loadDuckDb(load)).rejects.toThrow(expect.objectContaining({ code: 'AUDIT_PACKAGE_MISSING' }));
    await expect(loadDuckDb(load)).rejects.toThrow(/npm install @duckdb\/node-api/);
  });
});

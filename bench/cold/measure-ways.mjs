/*
 * How long a question to archived events takes, by ways of keeping them: gzip JSON Lines as they are, zstd, Parquet, and gzip in blocks with
 * an index.
 *
 *   npm run build && node bench/cold/measure-ways.mjs [events of a month] [months]      writes bench/results/cold-search-ways.json
 */
import { copyFile, mkdtemp, open, rm, stat, writeFile } from 'node:fs/promises';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { writeLines } from '../../dist/src/modules/monitoring/archive/write-archive.js';
import { FolderArchiveStore } from '../../dist/src/modules/monitoring/archive/folder-archive-store.js';
import { searchArchives } from '../../dist/src/modules/monitoring/query/archived/archive-search.js';
import { loadDuckDb, queryFiles } from '../../dist/src/modules/monitoring/query/archived/duckdb.js';
import { readBlocks, writeBlocks } from './block-index.mjs';
import { makeLine } from './lines.mjs';

const RESULT = new URL('../results/cold-search-ways.json', import.meta.url);
const EVENTS = Number(process.argv[2] ?? 1_000_000);
const MONTHS = Number(process.argv[3] ?? 10);
const LIMITS = { threads: 2, memoryMb: 512 };
const MOST = 51;

const folder = await mkdtemp(join(tmpdir(), 'audit-cold-'));

const QUESTIONS = {
  'one actor, of whom one event is in each month': { field: 'actorId', value: 'rare-1' },
  'the newest of a type that 1 % have': { field: 'type', value: 'user_login_failed' },
  'a tenant of 1,000': { field: 'tenantId', value: 'tenant-7' },
  'an actor who is in no event': { field: 'actorId', value: 'nobody-1' },
};
const COLUMNS = { actorId: 'actor', type: 'type', tenantId: 'tenant' };

async function measure() {
  const duckDb = await loadDuckDb();
  const store = new FolderArchiveStore(folder);
  const first = { gzip: join(folder, 'm0/events.jsonl.gz') };
  const written = {};
  written.gzip = await timed(() => writeLines(store, 'm0', 0, lines()));
  for (const [name, sql] of Object.entries(derived(first.gzip))) {
    first[name] = join(folder, `m0.${name}`);
    written[name] = await timed(() => runSql(duckDb, sql(first[name])));
  }
  first.blocks = join(folder, 'm0.blocks');
  written.blocks = await timed(() => writeBlocks(first.blocks, lines()));
  const months = {};
  for (const [name, path] of Object.entries(first)) {
    months[name] = [path];
    for (let nth = 1; nth < MONTHS; nth++) {
      const copy = join(folder, `m${nth}.${name}`);
      await copyFile(path, copy);
      if (name === 'blocks') await copyFile(`${path}.index`, `${copy}.index`);
      months[name].push(copy);
    }
  }
  const ways = {};
  for (const name of Object.keys(months)) {
    const bytes = (await stat(first[name])).size + (name === 'blocks' ? (await stat(`${first.blocks}.index`)).size : 0);
    ways[name] = { bytesOfAnEvent: Math.round(bytes / EVENTS), writeSeconds: written[name].seconds, answers: {} };
    for (const [question, asked] of Object.entries(QUESTIONS)) {
      const { seconds, result } = await timed(() => ask[name](duckDb, months[name], asked));
      ways[name].answers[question] = { seconds, found: result };
      process.stderr.write(`${name}: ${question}: ${seconds} s, ${result} found\n`);
    }
  }
  return { at: new Date().toISOString(), cpu: cpus()[0]?.model, cores: cpus().length, events: EVENTS * MONTHS, ways };
}

async function* lines() {
  for (let nth = 0; nth < EVENTS; nth++) yield await makeLine(nth, EVENTS);
}

function derived(gzip) {
  const json = `read_ndjson_objects('${gzip}', compression = 'gzip')`;
  const column = (path) => `json_extract_string(json, '$.sealed.${path}')`;
  return {
    zstd: (path) =>
      `COPY (SELECT json::VARCHAR FROM ${json}) TO '${path}' (FORMAT csv, HEADER false, QUOTE '', ESCAPE '', DELIMITER E'\\x01', COMPRESSION zstd)`,
    parquet: (path) =>
      `COPY (SELECT ${column('id')} AS id, ${column('actor.id')} AS actor, ${column('tenantId')} AS tenant, ${column('type')} AS type,
         json::VARCHAR AS line FROM ${json}) TO '${path}' (FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE 20480)`,
  };
}

async function runSql({ DuckDBInstance }, sql) {
  const instance = await DuckDBInstance.create(':memory:', { threads: '2', memory_limit: '1500MB' });
  const connection = await instance.connect();
  await connection.run('SET preserve_insertion_order = true');
  await connection.run(sql);
  connection.closeSync();
  instance.closeSync();
}

async function countOf(duckDb, files, sql, value) {
  let found = 0;
  for await (const rows of queryFiles(duckDb, { files, sql, values: [value], limits: LIMITS })) found += rows.length;
  return found;
}

const ask = {
  /** As the product does it. */
  gzip: async (duckDb, files, { field, value }) => {
    const predicates = [{ on: 'field', field, anyOf: [{ is: 'equal', values: [value] }], isNot: false }];
    const found = await searchArchives(
      { access: { scope: 'all' }, predicates, order: 'desc', most: MOST },
      {
        ...{ duckDb, limits: LIMITS, folding: 'unicode', erasedOf: () => Promise.resolve(new Set()) },
        archives: new Map(files.map((path) => [path, path])),
      },
    );
    return found.length;
  },
  zstd: (duckDb, files, { value }) =>
    countOf(
      duckDb,
      files,
      `SELECT line FROM (SELECT json::VARCHAR AS line, json_extract_string(json, '$.sealed.id') AS id
         FROM read_ndjson_objects($1, compression = 'zstd')) WHERE contains(line, $2) ORDER BY id DESC LIMIT ${MOST}`,
      JSON.stringify(value),
    ),
  parquet: (duckDb, files, { field, value }) =>
    countOf(
      duckDb,
      files,
      `SELECT line FROM read_parquet($1) WHERE ${COLUMNS[field]} = $2 ORDER BY id DESC LIMIT ${MOST}`,
      value,
    ),
  blocks: async (_duckDb, files, { field, value }) => {
    let found = 0;
    for (const path of files.toReversed()) {
      const file = await open(path);
      try {
        found += await readBlocks(file, `${path}.index`, { column: COLUMNS[field], value }, MOST - found);
      } finally {
        await file.close();
      }
      if (found >= MOST) break;
    }
    return found;
  },
};

async function timed(work) {
  const began = performance.now();
  const result = await work();
  return { result, seconds: Math.round(performance.now() - began) / 1_000 };
}

try {
  await writeFile(RESULT, `${JSON.stringify(await measure(), undefined, 2)}\n`);
} finally {
  await rm(folder, { recursive: true });
}

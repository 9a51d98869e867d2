import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { hash } from 'node:crypto';
import { mkdtemp, readdir, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { buildCatalogueFactRules } from '../../../audit/nest-free.js';
import { signCheckpoint } from '../../../../test/support/sign-checkpoint.js';
import { generateKeyPair } from '../../proof/log/notes/note-key.js';
import { parseSigningKey, parseVerifierKey } from '../../proof/log/notes/note-signer.js';
import { signNote } from '../../proof/log/notes/signed-note.js';
import { hashLeaf } from '../../proof/log/merkle/hashes.js';
import { encodeEntry } from '../../proof/sealing/seal-event.js';
import { formatTilePath } from '../../proof/log/tiles/tile-path.js';
import type { TileReader } from '../../proof/log/tiles/tile-reader.js';
import { EMPTY_EDGE, extendEdge, computeEdgeRoot } from '../../proof/log/tiles/tree-edge.js';
import { sampleEvent } from '../../../../test/support/sample-event.js';
import type { ColumnsRow, LineAddress } from './archive-columns.js';
import type { ArchiveLine } from './archive-line.js';
import type { StatementSigner } from '../../proof/log/notes/statement.js';
import type { ArchiveManifest } from './archive-manifest.js';
import { type ArchiveStore, FolderArchiveStore } from './archive-store.js';
import { Archives } from './archives.js';
import { readColumns } from './columns-file.js';
import { loadDuckDb, queryFiles } from './duckdb.js';
import { writeManifest } from './write-archive.js';
import { makeSalt, sealEvent, splitPersonal } from '../../../../test/support/split-event.js';

const ORIGIN = 'example.com/log';
const SIZE = 70_000;
const rules = buildCatalogueFactRules();
const keys = generateKeyPair(ORIGIN);
const noteSigner = parseSigningKey(keys.signingKey);
const signer: StatementSigner = {
  signText: (text) => Promise.resolve(signNote(text, [noteSigner])),
  trust: { origin: ORIGIN, keys: [parseVerifierKey(keys.verifierKey)] },
};

const INDEXES = [0, 1, 2, 255, 256, 300, 5_000, 65_535, 65_536, SIZE - 2, SIZE - 1];
const LINES = INDEXES.map(lineAt);
const log = buildLog(LINES);

let folder: string;
let archives: Archives;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'archives-'));
  archives = new Archives(new FolderArchiveStore(folder), signer);
});

afterEach(async () => {
  await rm(folder, { recursive: true });
});

function lineAt(index: number): ArchiveLine {
  const { facts, personal } = splitPersonal(
    // Long enough that the lines fill several gzip members.
    sampleEvent({ actor: { type: 'user', id: `u-${index}`, name: 'Ada' }, details: { note: 'x'.repeat(20_000) } }),
    rules,
  );
  const salt = makeSalt();
  const sealed = sealEvent(facts, personal, salt);
  return { index, sealed, personal: personal ?? null, salt: Buffer.from(salt).toString('base64') };
}

function buildLog(lines: readonly ArchiveLine[]): { readonly checkpoint: string; readonly readTile: TileReader } {
  const own = new Map(lines.map(({ index, sealed }) => [index, hashLeaf(encodeEntry(sealed))]));
  const hashes = Array.from({ length: SIZE }, (_, index) => own.get(index) ?? hashLeaf(Buffer.from(String(index))));
  const { edge, tiles } = extendEdge(EMPTY_EDGE, hashes);
  const stored = new Map(tiles.map((tile) => [formatTilePath(tile), tile.hashes]));
  return {
    checkpoint: signCheckpoint({ origin: ORIGIN, size: SIZE, rootHash: computeEdgeRoot(edge) }, [noteSigner]),
    readTile: (level, index, width) =>
      Promise.resolve(stored.get(formatTilePath({ level, index, width })) ?? new Uint8Array()),
  };
}

async function waitForClock(since: bigint): Promise<void> {
  const path = join(folder, 'clock');
  do await writeFile(path, '');
  while ((await stat(path, { bigint: true })).ctimeNs <= since);
}

async function* each<Item>(items: readonly Item[]): AsyncIterable<Item> {
  for (const item of items) yield await Promise.resolve(item);
}

async function write(archive = '2026-01', lines = LINES): Promise<void> {
  const request = { retirementId: 'r-1', policy: '{"days":90}', cutoff: '2026-06-01T00:00:00.000Z' };
  await archives.write({ archive, ...request, ...log, lines: each(lines) });
}

async function read(archive = '2026-01'): Promise<readonly ArchiveLine[]> {
  const lines: ArchiveLine[] = [];
  for await (const line of archives.lines(archive)) lines.push(line);
  return lines;
}

describe('an archive', () => {
  it('returns the written events, and proves each of them', async () => {
    await write();
    expect(await read()).toEqual(LINES);
    expect(await archives.verify('2026-01')).toMatchObject({
      verdict: 'sound',
      proven: LINES.length,
      erased: 0,
      columns: 'all',
      findings: [],
      manifest: { events: LINES.length, firstIndex: 0, lastIndex: SIZE - 1, origin: ORIGIN },
    });
  });

  it('does not exist before its manifest', async () => {
    const broken = async function* (): AsyncIterable<ArchiveLine> {
      yield* each(LINES.slice(0, 3));
      throw new Error('the power went');
    };
    const content = { archive: '2026-01', retirementId: 'r-1', policy: '{}', cutoff: '', ...log, lines: broken() };
    await expect(archives.write(content)).rejects.toThrow('the power went');
    expect(await archives.names()).toEqual([]);
    await write();
    expect(await archives.names()).toEqual(['2026-01']);
  });
});

describe('a reader of all archives', () => {
  it('notices a changed file even if its modification time was set back', async () => {
    await write();
    const path = join(folder, '2026-01', 'columns.parquet');
    const time = new Date('2026-06-01T00:00:00Z');
    await utimes(path, time, time);
    const seen = await archives.columns('2026-01');
    expect([seen.path, await archives.isUnchanged(seen)]).toEqual([path, true]);
    await waitForClock((await stat(path, { bigint: true })).ctimeNs);
    const bytes = await readFile(path);
    bytes.set([bytes.readUInt8(9) ^ 1], 9);
    await writeFile(path, bytes);
    await utimes(path, time, time);
    expect(await archives.isUnchanged(seen)).toBe(false);
    await expect(archives.columns('2026-01')).rejects.toMatchObject({ code: 'AUDIT_ARCHIVE_INVALID' });
  });

  it('reads a line at the position in the columns, also from a remote store', async () => {
    await write();
    const store = new FolderArchiveStore(folder);
    const elsewhere: ArchiveStore = {
      read: (path, range) => store.read(path, range),
      list: () => store.list(),
      write: (path, content) => store.write(path, content),
      remove: (path) => store.remove(path),
    };
    for (const each of [archives, new Archives(elsewhere, signer)]) {
      const { manifest, path, release } = await each.columns('2026-01');
      const rows = await readRows(path);
      expect(new Set(rows.map(({ member }) => member)).size).toBeGreaterThan(2);
      expect(await each.linesAt(manifest, rows.toReversed() as unknown as LineAddress[])).toEqual(LINES.toReversed());
      await release();
      expect(await stat(path).then(Boolean, () => false)).toBe(each === archives);
    }
  });

  it('gets the columns of an archive that was written without DuckDB once it is indexed', async () => {
    await write();
    await sign(({ files: { events, tiles, checkpoint }, ...manifest }) => ({
      ...manifest,
      files: { events, tiles, checkpoint },
    }));
    await expect(archives.columns('2026-01')).rejects.toMatchObject({
      code: 'AUDIT_ARCHIVE_UNREADABLE',
      message: expect.stringContaining('retention index'),
    });
    expect(await archives.verify('2026-01')).not.toHaveProperty('columns');
    expect([await archives.index(), await archives.index()]).toEqual([['2026-01'], []]);
    expect(await archives.verify('2026-01')).toMatchObject({ verdict: 'sound', columns: 'all' });
    expect(await read()).toEqual(LINES);
  });
});

describe('an erasure from the archives', () => {
  const isAbout = (id: string) => (line: ArchiveLine) => line.sealed.actor.id === id;

  it('removes the personal part and the salt, and leaves every event provable', async () => {
    await write();
    await write('2026-02', LINES.slice(0, 2));
    expect(await archives.erase(isAbout('u-5000'))).toEqual([{ archive: '2026-01', events: 1 }]);
    expect(await archives.erase(isAbout('u-5000'))).toEqual([]);
    expect((await read()).filter(({ salt }) => salt === null).map(({ index }) => index)).toEqual([5_000]);
    expect(await archives.verify('2026-01')).toMatchObject({ verdict: 'sound', proven: LINES.length, erased: 1 });
    await archives.erase(isAbout('u-0'));
    expect(await archives.verify('2026-01')).toMatchObject({ verdict: 'sound', erased: 2 });
  });

  it('leaves no file with the erased data', async () => {
    await write();
    const before = (await archives.manifest('2026-01')).files.events.name;
    await archives.erase(isAbout('u-0'));
    const { files } = await archives.manifest('2026-01');
    expect(files.events.name).not.toBe(before);
    const names = [...Object.values(files).map(({ name }) => name), 'manifest'];
    expect((await readdir(join(folder, '2026-01'))).toSorted()).toEqual(names.toSorted());
    const rows = await readRows((await archives.columns('2026-01')).path);
    expect(rows.map(({ actor_name, is_personal }) => [actor_name, is_personal])).toEqual(
      LINES.map(({ index }) => (index === 0 ? [undefined, false] : ['Ada', true])),
    );
  });

  it('removes the old events and the drafts that remained after a crash', async () => {
    await write();
    const old = join(folder, '2026-01', (await archives.manifest('2026-01')).files.events.name);
    const bytes = await readFile(old);
    await archives.erase(isAbout('u-0'));
    const draft = join(folder, '2026-01', '.columns.parquet.part');
    for (const path of [old, draft]) await writeFile(path, bytes);
    await archives.erase(isAbout('nobody'));
    for (const path of [old, draft]) await expect(readFile(path)).rejects.toMatchObject({ code: 'ENOENT' });
    await writeFile(draft, bytes);
    await archives.remove('2026-01');
    expect(await readdir(folder)).toEqual([]);
  });

  it('does not sign an archive that somebody changed', async () => {
    await write();
    await changeLines((line) => ({ ...line, salt: line.index === 1 ? null : line.salt }));
    await expect(archives.erase(isAbout('u-0'))).rejects.toMatchObject({ code: 'AUDIT_ARCHIVE_INVALID' });
  });
});

async function readRows(path: string): Promise<readonly ColumnsRow[]> {
  const rows: ColumnsRow[] = [];
  for await (const row of readColumns(await loadDuckDb(), path)) rows.push(row);
  return rows;
}

async function sign(change: (manifest: ArchiveManifest) => ArchiveManifest): Promise<void> {
  await writeManifest(new FolderArchiveStore(folder), change(await archives.manifest('2026-01')), signer);
}

async function changeColumns(select: string): Promise<Buffer> {
  const path = join(folder, '2026-01', 'columns.parquet');
  const other = `${path}.other`;
  const sql = `COPY (${select.replace('columns', `read_parquet('${path}')`)}) TO '${other}' (FORMAT parquet)`;
  const limits = { threads: 1, memoryMb: 128 };
  const written = queryFiles(await loadDuckDb(), { files: [path, other], sql, values: [], limits });
  while ((await written.next()).done !== true);
  await rename(other, path);
  return readFile(path);
}

async function changeLines(change: (line: ArchiveLine) => ArchiveLine | undefined): Promise<void> {
  const path = join(folder, '2026-01', 'events.jsonl.gz');
  const lines = gunzipSync(await readFile(path))
    .toString()
    .trimEnd()
    .split('\n');
  const changed = lines.map((text) => change(JSON.parse(text) as ArchiveLine)).filter((line) => line !== undefined);
  await writeFile(path, gzipSync(changed.map((line) => `${JSON.stringify(line)}\n`).join('')));
}

describe('a verification notices', () => {
  it.each([
    [
      'an altered value',
      `SELECT * REPLACE (if(index = 300, 'u-1', actor_id) AS actor_id) FROM columns`,
      ['The columns of the event at index 300 differ from its line.'],
    ],
    ['a lost row', 'SELECT * FROM columns WHERE index <> 300', ['The columns have no row for the event at index 300.']],
    [
      'an extra row',
      'SELECT * REPLACE (unnest(if(index = 300, [300, 301, 301], [index])) AS index) FROM columns',
      Array.from({ length: 2 }, () => 'The columns have an extra row with the index 301.'),
    ],
    [
      'a lost column',
      'SELECT * EXCLUDE (ip) FROM columns',
      LINES.map(({ index }) => `The columns of the event at index ${index} differ from its line.`),
    ],
    [
      'a wrong position',
      'SELECT * REPLACE (if(index = 300, nth + 1, nth) AS nth) FROM columns',
      ['The columns state a wrong position for 1 lines, the first at index 300.'],
    ],
  ])('%s in the columns, even if somebody signed them', async (_, select, expected) => {
    await write();
    const bytes = await changeColumns(select);
    const signed = ['The file columns.parquet does not match the manifest.', ...expected];
    expect(await archives.verify('2026-01')).toMatchObject({ verdict: 'tampered', findings: signed });
    const columns = { name: 'columns.parquet', bytes: bytes.length, sha256: hash('sha256', bytes) };
    await sign((manifest) => ({ ...manifest, files: { ...manifest.files, columns } }));
    expect(await archives.verify('2026-01')).toMatchObject({ verdict: 'tampered', findings: expected });
  });

  it.each(['events.jsonl.gz', 'tiles.jsonl.gz'])('a file %s of the same lines and other bytes', async (name) => {
    await write();
    const path = join(folder, '2026-01', name);
    await writeFile(path, gzipSync(gunzipSync(await readFile(path)), { level: 0 }));
    const { verdict, findings } = await archives.verify('2026-01');
    expect([verdict, findings]).toEqual(['tampered', [`The file ${name} does not match the manifest.`]]);
  });
});

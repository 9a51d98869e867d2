import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { errorCode } from '../../../src/audit/index.js';
import { LogReader } from '../../../src/modules/monitoring/index.js';
import type { ReferenceApp } from '../reference-app.js';
import { runSql } from '../sql.js';

/** Something that may name a person: a row, a file, an entry of the log. */
export interface Content {
  /** Where to look, for whoever reads of a failure. */
  readonly where: string;
  readonly content: Buffer | string;
}

const TABLES = `
  SELECT format('%I.%I', schemaname, tablename) AS name FROM pg_tables
   WHERE schemaname NOT IN ('pg_catalog', 'information_schema')`;

/** Every row of every table of every schema, with all its columns. */
export async function rowsOfTables(superuserUrl: string): Promise<readonly Content[]> {
  const contents: Content[] = [];
  for (const { name } of await runSql(superuserUrl, TABLES)) {
    const rows = await runSql(superuserUrl, `SELECT row_to_json(t)::text AS text FROM ${String(name)} t`);
    for (const { text } of rows)
      contents.push({ where: `${String(name)}: ${String(text).slice(0, 300)}`, content: String(text) });
  }
  return contents;
}

/** Every file of a folder, and of the folders in it. */
export async function filesOf(folder: string): Promise<readonly Content[]> {
  const files = (await readdir(folder, { recursive: true, withFileTypes: true })).filter((entry) => entry.isFile());
  const paths = files.map((file) => join(file.parentPath, file.name));
  return Promise.all(paths.map(async (path) => ({ where: path, content: await readFile(path) })));
}

const BUNDLE_WIDTH = 256;

/** The entries of the log as it publishes them, and which of its bundles are retired. */
export async function entriesOfLog(
  app: ReferenceApp,
): Promise<{ readonly entries: readonly Content[]; readonly retiredBundles: readonly number[] }> {
  const reader = app.app.get(LogReader, { strict: false });
  const { size = 0 } = (await reader.newestCheckpoint()) ?? {};
  const entries: Content[] = [];
  const retiredBundles: number[] = [];
  for (let bundle = 0; bundle * BUNDLE_WIDTH < size; bundle++) {
    const width = Math.min(BUNDLE_WIDTH, size - bundle * BUNDLE_WIDTH);
    try {
      const found = (await reader.findEntries(bundle, width)) ?? [];
      if (found.length !== width) throw new Error(`Bundle ${bundle} has ${found.length} entries of ${width}.`);
      const texts = found.map((entry) => Buffer.from(entry));
      entries.push(...texts.map((content) => ({ where: content.toString().slice(0, 300), content })));
    } catch (error) {
      if (errorCode(error) !== 'AUDIT_ENTRIES_MISSING') throw error;
      retiredBundles.push(bundle);
    }
  }
  return { entries, retiredBundles };
}

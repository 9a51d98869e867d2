import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { AuditError, errorCode, parseJson } from '../../../../audit/index.js';
import { parseCheckpoint, parseNote } from '../notes/index.js';
import { decodeBundle, TILE_WIDTH, tilePath, tileWidth } from '../tiles/index.js';

/**
 * The notes of the acts that the entries of a downloaded log carry, of one type of event: those of its bundles, and those that
 * lie apart in `retirements/`. Nothing is verified; each is to be believed by its signatures alone.
 *
 * @param checkpoint says how far the log goes; for one that is none, there are no acts
 */
export async function readFolderActs(folder: string, checkpoint: string, type: string): Promise<readonly string[]> {
  const size = sizeOf(checkpoint);
  const notes: string[] = [];
  for (let index = 0; index * TILE_WIDTH < size; index++) {
    const width = tileWidth(0, index, size);
    const bundle = await orNone(readFile(join(folder, tilePath({ level: 'entries', index, width }))));
    if (!bundle && !(await orNone(readFile(join(folder, tilePath({ level: 0, index, width })))))) break; // its size is not trusted yet
    if (!bundle?.includes(type)) continue;
    for (const entry of entriesOf(bundle, width)) notes.push(...actOf(Buffer.from(entry), type));
  }
  for (const name of (await orNone(readdir(join(folder, 'retirements')))) ?? []) {
    notes.push(...actOf(await readFile(join(folder, 'retirements', name)), type));
  }
  return notes;
}

function sizeOf(checkpoint: string): number {
  try {
    return parseCheckpoint(parseNote(checkpoint).text).size;
  } catch (error) {
    if (error instanceof AuditError) return 0;
    throw error;
  }
}

function entriesOf(bundle: Uint8Array, width: number): readonly Uint8Array[] {
  try {
    return decodeBundle(bundle, width);
  } catch (error) {
    if (error instanceof AuditError) return []; // named when the places are checked
    throw error;
  }
}

function actOf(entry: Buffer, type: string): readonly string[] {
  if (!entry.includes(type)) return [];
  try {
    const event = parseJson(entry.toString()) as { type?: unknown; details?: { act?: unknown } }; // of any shape
    const act = event.details?.act;
    return event.type === type && typeof act === 'string' ? [act] : [];
  } catch {
    return [];
  }
}

async function orNone<Result>(reading: Promise<Result>): Promise<Result | undefined> {
  try {
    return await reading;
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return undefined;
    throw error;
  }
}

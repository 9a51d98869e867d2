import { randomUUID } from 'node:crypto';
import { open, readFile, stat, type FileHandle } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { SegmentWriter } from './segment-writer.js';
import { makeFolder } from '../../../base/sync-folder.js';
import { tempFolder } from '../../../../test/support/temp-folder.js';

let folder: string;
let prototype: FileHandle;
let synced: { readonly inode: bigint; readonly how: string }[];

beforeEach(async () => {
  folder = await tempFolder('sync-');
  synced = [];
  const file = await open(folder, 'r');
  prototype = Object.getPrototypeOf(file) as FileHandle; // of every open file
  await file.close();
  for (const how of ['sync', 'datasync'] as const) {
    const real = Object.getOwnPropertyDescriptor(prototype, how)?.value as () => Promise<void>; // Node's own method
    jest.spyOn(prototype, how).mockImplementation(async function (this: FileHandle) {
      synced.push({ inode: (await this.stat({ bigint: true })).ino, how });
      return real.call(this);
    });
  }
});
afterEach(() => void jest.restoreAllMocks());

async function listSynced(paths: readonly string[]): Promise<readonly string[]> {
  const names = new Map<bigint, string>();
  for (const path of paths) names.set((await stat(path, { bigint: true })).ino, relative(folder, path) || '.');
  return synced.map(({ inode, how }) => `${names.get(inode) ?? 'another'} ${how}`);
}

it('a folder that is made is on disk in its parent, and each parent that is made with it in its own', async () => {
  const [one, two, three] = [join(folder, 'one'), join(folder, 'one', 'two'), join(folder, 'one', 'two', 'three')];
  await makeFolder(three);
  expect(await listSynced([folder, one, two, three])).toEqual(['one/two sync', 'one sync', '. sync']);
  synced = [];
  await makeFolder(three);
  expect(synced).toEqual([]);
});

describe('a segment', () => {
  it('is on disk in its folder before its lines are, and they before append() resolves', async () => {
    const path = join(folder, 'spill');
    const writer = new SegmentWriter(path, () => 'segment.jsonl');
    await writer.append(Buffer.from('one\n'));
    const places = [folder, path, join(path, 'segment.jsonl')];
    expect(await listSynced(places)).toEqual(['. sync', 'spill sync', 'spill/segment.jsonl datasync']);
    await writer.append(Buffer.from('two\n'));
    expect((await listSynced(places)).slice(3)).toEqual(['spill/segment.jsonl datasync']);
    await writer.rotate();
  });

  it('has nothing in it of lines that could not be brought to disk: nothing is written behind them', async () => {
    const path = join(folder, 'spill');
    const names = ['first.jsonl', 'second.jsonl'];
    const writer = new SegmentWriter(path, () => names.shift() ?? 'another.jsonl');
    await writer.append(Buffer.from('one\n'));
    jest.spyOn(prototype, 'datasync').mockRejectedValueOnce(new Error('the disk is gone'));
    await expect(writer.append(Buffer.from('two\n'))).rejects.toThrow('the disk is gone');
    await writer.append(Buffer.from('three\n'));
    await writer.rotate();
    const texts = await Promise.all(['first.jsonl', 'second.jsonl'].map((name) => readFile(join(path, name), 'utf8')));
    expect(texts).toEqual(['one\n', 'three\n']);
  });

  it('answers lines that come while a write begins by the write that takes them', async () => {
    const writer = new SegmentWriter(join(folder, 'spill'), () => `${randomUUID()}.jsonl`);
    jest.spyOn(prototype, 'datasync').mockRejectedValueOnce(new Error('the disk is gone'));
    const first = writer.append(Buffer.from('one\n'));
    const began = Promise.allSettled([first]);
    await new Promise((resolve) => process.nextTick(resolve));
    const [[one], two] = await Promise.all([began, Promise.allSettled([writer.append(Buffer.from('two\n'))])]);
    await writer.rotate();
    expect([one.status, two[0].status]).toEqual(['rejected', 'rejected']);
  });
});

import { spawn } from 'node:child_process';
import { hostname } from 'node:os';
import { afterEach, describe, expect, it } from '@jest/globals';
import {
  FRESH_MS,
  filesInUse,
  isOwnedByOtherProcess,
  HOST,
  createSegmentName,
  parseName,
  type SegmentName,
} from './spill-file.js';

const WRITTEN_MS = Date.parse('2026-11-20T08:00:00Z');
const PATH = '/spill/segment';

function segment(change: Partial<SegmentName> = {}): SegmentName {
  const parsed = parseName(createSegmentName('memory'));
  if (parsed?.kind !== 'segment') throw new Error('no name of a segment');
  return { ...parsed, ...change };
}

const isLeft = (of: SegmentName, ageMs = 0): boolean => isOwnedByOtherProcess(PATH, of, WRITTEN_MS, WRITTEN_MS + ageMs);

afterEach(() => filesInUse.clear());

async function endedProcess(): Promise<number> {
  const child = spawn(process.execPath, ['--version'], { stdio: 'ignore' });
  await new Promise((resolve) => child.once('exit', resolve));
  return child.pid ?? NaN;
}

describe('a fresh segment', () => {
  it('of another host is left to it, whatever process of this one has its number', async () => {
    const host = `not-${hostname().toLowerCase()}`;
    expect(isLeft(segment({ host }))).toBe(true);
    expect(isLeft(segment({ host, pid: await endedProcess() }))).toBe(true);
  });

  it('of another container with the same name of a host is left to it, also where a process has its number', async () => {
    const host = hostname().toLowerCase();
    expect(isLeft(segment({ host }))).toBe(true);
    expect(isLeft(segment({ host, pid: await endedProcess() }))).toBe(true);
  });

  it('of another process is left to it while that one lives', async () => {
    expect(isLeft(segment({ pid: process.ppid }))).toBe(true);
    expect(isLeft(segment({ pid: await endedProcess() }))).toBe(false);
  });

  it('of another thread is left to it while its process lives', async () => {
    const host = `${HOST}-t7`;
    expect(isLeft(segment({ host }))).toBe(true);
    expect(isLeft(segment({ host, pid: process.ppid }))).toBe(true);
    expect(isLeft(segment({ host, pid: await endedProcess() }))).toBe(false);
  });

  it('of this process is left to whom it is in use by', () => {
    expect(isLeft(segment())).toBe(false);
    filesInUse.add(PATH);
    expect(isLeft(segment())).toBe(true);
  });
});

it.each([FRESH_MS, -FRESH_MS])(
  'a segment that nobody touched for 30 seconds is taken by anybody, %d ms off',
  (ageMs) => {
    filesInUse.add(PATH);
    for (const each of [segment(), segment({ host: 'another' }), segment({ pid: process.ppid })]) {
      expect(isLeft(each, ageMs)).toBe(false);
      expect(isLeft(each, ageMs - Math.sign(ageMs))).toBe(true);
    }
  },
);

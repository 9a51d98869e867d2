import { createHash, randomBytes } from 'node:crypto';
import { readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';
import { isMainThread, threadId } from 'node:worker_threads';
import { uuidv7 } from 'uuidv7';

/*
 * The names of a spill folder's files. A file's name states the process that writes or replays the file:
 *
 *     <backend>.<host>.<pid>.<uuid>.jsonl           events, named by their writer
 *     <backend>.<host>.<pid>.<uuid>.<claim>.jsonl   the same, claimed by a replay
 *     <host>.<pid>.<uuid>.<claim>.dead              dead letters
 *     <uuid>.corrupt                                bytes that could not be read
 */

const SEGMENT = /^([a-z][a-z0-9-]*)\.([a-z0-9-]+)\.(\d+)\.([0-9a-f-]{36})(?:\.[0-9a-f]{8})?\.jsonl$/;
const DEAD = /^([a-z0-9-]+)\.(\d+)\.([0-9a-f-]{36})(?:\.[0-9a-f]{8})?\.dead$/;
const CORRUPT = /^[0-9a-f-]{36}\.corrupt$/;

/** The name of the machine, shortened for a file name, and a hash of its PID namespace, since each container has its own process ids. */
export const MACHINE = `${
  hostname()
    .toLowerCase()
    .replaceAll(/[^a-z0-9-]/g, '-')
    .slice(0, 54) || 'unnamed'
}${processSpace()}`;

/** The machine, and the number of a worker thread, since each thread knows only its own files. */
export const HOST = isMainThread ? MACHINE : `${MACHINE}-t${threadId}`;

function processSpace(): string {
  try {
    const parts = [readlinkSync('/proc/self/ns/pid'), readFileSync('/proc/sys/kernel/random/boot_id', 'utf8')];
    return `-${createHash('sha256').update(parts.join()).digest('hex').slice(0, 8)}`;
  } catch {
    return ''; // not Linux
  }
}

/** The process that writes or replays a file. */
export interface SpillOwner {
  readonly host: string;
  readonly pid: number;
}

/** The parts of a segment's name. `uuid` is a UUIDv7, which sorts segments by the time of their beginning. */
export interface SegmentName extends SpillOwner {
  readonly kind: 'segment';
  readonly backend: string;
  readonly uuid: string;
}

export function newSegmentName(backend: string): string {
  return `${backend}.${HOST}.${process.pid}.${uuidv7()}.jsonl`;
}

/** Makes a new, unique name for a segment that this process claims. */
export function claimedName({ backend, uuid }: SegmentName): string {
  return `${backend}.${HOST}.${process.pid}.${uuid}.${randomBytes(4).toString('hex')}.jsonl`;
}

export function newDeadName(uuid = uuidv7()): string {
  return `${HOST}.${process.pid}.${uuid}.${randomBytes(4).toString('hex')}.dead`;
}

/** Returns the name for the broken lines of a segment, or of a file of dead letters: the same name in every attempt. */
export function corruptName(uuid: string): string {
  return `${uuid}.corrupt`;
}

/** The parts of the name of a file of dead letters. */
interface DeadName extends SpillOwner {
  readonly kind: 'dead';
  readonly uuid: string;
}

/** Parses a file's name; `undefined` for any other file. */
export function parseName(name: string): SegmentName | DeadName | { readonly kind: 'corrupt' } | undefined {
  const segment = SEGMENT.exec(name);
  if (segment) {
    const [, backend = '', host = '', pid, uuid = ''] = segment;
    return { kind: 'segment', backend, host, pid: Number(pid), uuid };
  }
  const dead = DEAD.exec(name);
  if (dead) {
    const [, host = '', pid, uuid = ''] = dead;
    return { kind: 'dead', host, pid: Number(pid), uuid };
  }
  return CORRUPT.test(name) ? { kind: 'corrupt' } : undefined;
}

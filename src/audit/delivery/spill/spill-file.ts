import { createHash, randomBytes } from 'node:crypto';
import { readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';
import { isMainThread, threadId } from 'node:worker_threads';
import { uuidv7 } from 'uuidv7';

/*
 * The names of a spill folder's files. A file's name states the process that writes or replays the file:
 *
 *     <backend>.<host>.<pid>.<account>.<uuid>.jsonl           events, named by their writer
 *     <backend>.<host>.<pid>.<account>.<uuid>.<claim>.jsonl   the same, claimed by a replay
 *     <host>.<pid>.<uuid>.<claim>.account                     the counts of spilled, replayed and lost events, and who replays them
 *     <host>.<pid>.<uuid>.<claim>.dead                        dead letters
 *     <host>.<pid>.<uuid>.<claim>.counted                     failures that were counted, until their event is stored
 *     <uuid>.corrupt                                          bytes that could not be read
 */

const SEGMENT = /^([a-z][a-z0-9-]*)\.([a-z0-9-]+)\.(\d+)\.([0-9a-f-]{36})\.([0-9a-f-]{36})(?:\.[0-9a-f]{8})?\.jsonl$/;
const OWNED = /^([a-z0-9-]+)\.(\d+)\.([0-9a-f-]{36})(?:\.[0-9a-f]{8})?\.(dead|account|counted)$/;
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
  /** The id of the account that counts the segment's events. */
  readonly account: string;
  readonly uuid: string;
}

export type OwnedKind = 'dead' | 'account' | 'counted';

export function newSegmentName(backend: string, account: string): string {
  return `${backend}.${HOST}.${process.pid}.${account}.${uuidv7()}.jsonl`;
}

/** Makes a new, unique name for a segment that this process claims. */
export function claimedName({ backend, account, uuid }: SegmentName): string {
  return `${backend}.${HOST}.${process.pid}.${account}.${uuid}.${randomBytes(4).toString('hex')}.jsonl`;
}

export function newName(kind: OwnedKind, uuid = uuidv7()): string {
  return `${HOST}.${process.pid}.${uuid}.${randomBytes(4).toString('hex')}.${kind}`;
}

/** Returns the name for the broken lines of a segment, or of a file of dead letters: the same name in every attempt. */
export function corruptName(uuid: string): string {
  return `${uuid}.corrupt`;
}

/** The parts of the name of a file that one process owns. */
export interface OwnedName extends SpillOwner {
  readonly kind: OwnedKind;
  readonly uuid: string;
}

/** Parses a file's name; `undefined` for any other file. */
export function parseName(name: string): SegmentName | OwnedName | { readonly kind: 'corrupt' } | undefined {
  const segment = SEGMENT.exec(name);
  if (segment) {
    const [, backend = '', host = '', pid, account = '', uuid = ''] = segment;
    return { kind: 'segment', backend, host, pid: Number(pid), account, uuid };
  }
  const owned = OWNED.exec(name);
  if (owned) {
    const [, host = '', pid, uuid = '', kind] = owned;
    return { kind: kind as OwnedKind, host, pid: Number(pid), uuid }; // the expression matches only these kinds
  }
  return CORRUPT.test(name) ? { kind: 'corrupt' } : undefined;
}

import { createHash, randomBytes } from 'node:crypto';
import { readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';
import { uuidv7 } from 'uuidv7';

/*
 * The names of a spill folder's files. A file's name states the process that writes or replays the file:
 *
 *     <backend>.<host>.<pid>.<uuid>.jsonl           events, named by their writer
 *     <backend>.<host>.<pid>.<uuid>.<claim>.jsonl   the same, claimed by a replay
 *     <host>.<pid>.<uuid>.dead                      dead letters
 *     <host>.<pid>.<uuid>.lost                      the number of lost events
 *     <host>.<pid>.<uuid>.counted                   failures that were counted, until their event is stored
 *     <uuid>.corrupt                                bytes that could not be read
 */

const SEGMENT = /^([a-z][a-z0-9-]*)\.([a-z0-9-]+)\.(\d+)\.([0-9a-f-]{36})(?:\.[0-9a-f]{8})?\.jsonl$/;
const OWNED = /^([a-z0-9-]+)\.(\d+)\.([0-9a-f-]{36})\.(dead|lost|counted)$/;
const CORRUPT = /^[0-9a-f-]{36}\.corrupt$/;

/** The name of the machine, shortened for a file name, and a hash of its PID namespace, since each container has its own process ids. */
export const HOST = `${
  hostname()
    .toLowerCase()
    .replaceAll(/[^a-z0-9-]/g, '-')
    .slice(0, 54) || 'unnamed'
}${processSpace()}`;

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

export type OwnedKind = 'dead' | 'lost' | 'counted';

export function newSegmentName(backend: string): string {
  return `${backend}.${HOST}.${process.pid}.${uuidv7()}.jsonl`;
}

/** Makes a new, unique name for a segment that this process claims. */
export function claimedName({ backend, uuid }: SegmentName): string {
  return `${backend}.${HOST}.${process.pid}.${uuid}.${randomBytes(4).toString('hex')}.jsonl`;
}

export function newName(kind: OwnedKind): string {
  return `${HOST}.${process.pid}.${uuidv7()}.${kind}`;
}

/** Returns the name for the broken lines of a segment, or of a file of dead letters: the same name in every attempt. */
export function corruptName(uuid: string): string {
  return `${uuid}.corrupt`;
}

/** Parses a file's name; `undefined` for any other file. */
export function parseName(
  name: string,
):
  | SegmentName
  | (SpillOwner & { readonly kind: OwnedKind; readonly uuid: string })
  | { readonly kind: 'corrupt' }
  | undefined {
  const segment = SEGMENT.exec(name);
  if (segment) {
    const [, backend = '', host = '', pid, uuid = ''] = segment;
    return { kind: 'segment', backend, host, pid: Number(pid), uuid };
  }
  const owned = OWNED.exec(name);
  if (owned) {
    const [, host = '', pid, uuid = '', kind] = owned;
    return { kind: kind as OwnedKind, host, pid: Number(pid), uuid }; // the expression matches only these kinds
  }
  return CORRUPT.test(name) ? { kind: 'corrupt' } : undefined;
}

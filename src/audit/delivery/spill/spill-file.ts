import { randomBytes } from 'node:crypto';
import { hostname } from 'node:os';
import { uuidv7 } from 'uuidv7';

/*
 * The names of a spill folder's files. Whoever writes or replays a file has it under his own name:
 *
 *     <backend>.<host>.<pid>.<uuid>.jsonl           events, as their writer made it
 *     <backend>.<host>.<pid>.<uuid>.<claim>.jsonl   the same, claimed by a replay
 *     <host>.<pid>.<uuid>.dead                      dead letters
 *     <uuid>.corrupt                                bytes that could not be read
 */

const SEGMENT =
  /^(?<backend>[a-z][a-z0-9-]*)\.(?<host>[a-z0-9-]+)\.(?<pid>\d+)\.(?<uuid>[0-9a-f-]{36})(?:\.[0-9a-f]{8})?\.jsonl$/;
const DEAD = /^[a-z0-9-]+\.\d+\.(?<uuid>[0-9a-f-]{36})\.dead$/;
const CORRUPT = /^[0-9a-f-]{36}\.corrupt$/;

/** This computer's name, as far as a file's name can hold it. */
const HOST =
  hostname()
    .toLowerCase()
    .replaceAll(/[^a-z0-9-]/g, '-')
    .slice(0, 63) || 'unnamed';

/** What a segment's name says. `uuid` is a UUIDv7: segments sort by it in the order in which they were begun. */
export interface SegmentName {
  readonly backend: string;
  readonly host: string;
  readonly pid: number;
  readonly uuid: string;
}

/** A name for a new segment of this process. */
export function newSegmentName(backend: string): string {
  return `${backend}.${HOST}.${process.pid}.${uuidv7()}.jsonl`;
}

/** A name for a segment that this process claims; never the one that it has, nor one that it had. */
export function claimedName({ backend, uuid }: SegmentName): string {
  return `${backend}.${HOST}.${process.pid}.${uuid}.${randomBytes(4).toString('hex')}.jsonl`;
}

/** A name for a new file of dead letters of this process. */
export function newDeadLettersName(): string {
  return `${HOST}.${process.pid}.${uuidv7()}.dead`;
}

/** Where what is broken in a segment or a file of dead letters goes: one place, however often it is tried. */
export function corruptName(uuid: string): string {
  return `${uuid}.corrupt`;
}

/** What a file's name says; `undefined` for what is none of the spill. */
export function parseName(
  name: string,
):
  | { readonly kind: 'segment'; readonly segment: SegmentName }
  | { readonly kind: 'dead'; readonly uuid: string }
  | { readonly kind: 'corrupt' }
  | undefined {
  const { backend, host, pid, uuid } = SEGMENT.exec(name)?.groups ?? {};
  if (backend !== undefined && host !== undefined && uuid !== undefined) {
    return { kind: 'segment', segment: { backend, host, pid: Number(pid), uuid } };
  }
  const dead = DEAD.exec(name)?.groups?.uuid;
  if (dead !== undefined) return { kind: 'dead', uuid: dead };
  return CORRUPT.test(name) ? { kind: 'corrupt' } : undefined;
}

/** Whether a segment is named after this process, or after an earlier one with its number. */
export function isOwn({ host, pid }: SegmentName): boolean {
  return host === HOST && pid === process.pid;
}

/** Whether a segment is named after this computer. */
export function isOfThisHost({ host }: SegmentName): boolean {
  return host === HOST;
}

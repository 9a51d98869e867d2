import { existsSync } from 'node:fs';
import { open, readFile, unlink, utimes } from 'node:fs/promises';
import { dirname } from 'node:path';
import { uuidv7 } from 'uuidv7';
import { parseJson } from '../../../base/json/parse-json.js';
import { Shared } from './one-at-a-time.js';
import { countLines } from './read-lines.js';
import type { SpillLines } from './spill-line.js';
import type { AccountFile, SegmentFile } from './survey-folder.js';
import { makeFolder, syncFolder, writeFileAtOnce } from '../../../base/sync-folder.js';

/** Events that one provider never got. Times are RFC 3339, UTC. */
export interface Loss {
  /** The provider's backend; `*` if it is unknown. */
  readonly backend: string;
  readonly events: number;
  /** Whether the real number is unknown, since the account of the losses cannot be read. */
  readonly isUnknown?: true;
  readonly firstAt: string;
  readonly lastAt: string;
}

/** The id and the content of the event that reports losses. The id and the content are the same in every attempt. */
export interface LossReport {
  readonly id: string;
  readonly losses: readonly Loss[];
}

export interface Amount {
  readonly events: number;
  readonly bytes: number;
}

/** The counts of one provider. They only grow. Each of the last four is at most the one before it. */
interface Tally {
  readonly spilled: Amount;
  /** The spilled events that need no file any more: they are stored, dead letters, or lost. */
  readonly settled: Amount;
  readonly lost: number;
  /** The lost events in events that are stored, or that are being stored. */
  readonly announced: number;
  /** The lost events in events that are stored. */
  readonly reported: number;
  readonly acknowledged: number;
  readonly isUnknown?: true;
  readonly firstAt: string;
  readonly lastAt: string;
}

type Stage = 'lost' | 'announced' | 'reported' | 'acknowledged';

interface Content {
  readonly changedAt: string;
  /** The id of the event that is being stored. */
  readonly report?: string | undefined;
  readonly tallies: Readonly<Record<string, Tally>>;
  /** The last settled segments: a crash before the removal, or a restored copy, leaves their files, which count as no event. */
  readonly segments?: readonly string[];
}

export const ANY_BACKEND = '*';

/** The reserved size lets the library write a count on a full disk. */
const RESERVED_BYTES = 8 * 1024;
const MAX_SEGMENTS = 50;
const PURPOSE = 'account';
const MAC_LENGTH = 44;
const NONE: Amount = { events: 0, bytes: 0 };
const EMPTY: Tally = {
  ...{ spilled: NONE, settled: NONE, lost: 0, announced: 0, reported: 0, acknowledged: 0 },
  ...{ firstAt: '', lastAt: '' },
};

/** For this time, a settled account tells a paused owner that another process has replayed the owner's events. */
const KEPT_MS = 24 * 60 * 60 * 1000;

/**
 * Counts what one process spilled, what was replayed, and what is lost, in a file that survives `kill -9`. The process that holds the file
 * (the owner, or after its end a successor) is the only one that replays the account's segments, and that writes the file. An event:
 *
 *     (new) ──written to a segment, then counted──▶ waiting ──stored or buried, then counted, then its segment is removed──▶ settled
 *       │                                            │   ▲
 *       │                              its segment   │   │ the segment is back
 *       │                                 is gone    ▼   │
 *       └──cannot be written──▶ lost ◀──replay────  missing
 *                                │
 *                                └──told in an event──▶ reported ──`spill acknowledge`──▶ acknowledged
 *
 * A crash between two steps leaves the event in the earlier state, so it is replayed once more, and never counted as lost. The file is
 * overwritten in place, since a full disk is a usual reason for losses. If the file is gone, its holder writes it again: only the command
 * acknowledges losses. `missing` is not stored: it is what the counts and the folder's files differ by.
 */
export class SpillAccount {
  private readonly writes = new Shared(() => this.write());
  private readonly missing = new Map<string, Amount>();
  private written: Buffer | undefined;

  /** Makes a new account. {@link keep} or {@link save} makes its file. */
  constructor(
    readonly id: string,
    readonly path: string,
    private readonly lines: SpillLines,
    private content: Content = { changedAt: '', tallies: {} },
  ) {}

  /** Reads a file. An invalid file counts as a loss of an unknown number of events. Rejects with the system's error. */
  static async read({ path, modifiedMs, parsed }: AccountFile, lines: SpillLines): Promise<SpillAccount> {
    const bytes = await readFile(path);
    const line = lineOf(bytes);
    const content = (lines.decode(PURPOSE, line) ?? settledIn(line)) as Content | undefined; // this library wrote it, or it tells nothing
    const account = new SpillAccount(parsed.uuid, path, lines, content);
    if (!content) account.lose(ANY_BACKEND, 1, { isUnknown: true, at: new Date(modifiedMs).toISOString() });
    account.written = bytes;
    return account;
  }

  /** Writes the file unless its content is right, and touches it, so that other processes do not claim it. Rejects with the system's error. */
  async keep(): Promise<void> {
    const onDisk = await readFile(this.path).catch(() => undefined);
    if (!onDisk) this.written = undefined;
    if (!onDisk?.equals(this.encode())) await this.save();
    const now = new Date();
    await utimes(this.path, now, now);
  }

  /** Removes the file if it has nothing to tell. */
  async close(): Promise<void> {
    if (isSettled(this.content)) await unlink(this.path).catch(() => undefined);
  }

  get isWritten(): boolean {
    return this.written !== undefined;
  }

  /** Whether no process needs the account: its owner is not paused, or was paused for too long. */
  get isOver(): boolean {
    const { changedAt } = this.content;
    return isSettled(this.content) && (changedAt === '' || Date.parse(changedAt) < Date.now() - KEPT_MS);
  }

  /** Counts events that are in a segment. Call {@link save} afterwards. */
  spill(backend: string, amount: Amount): void {
    this.change(backend, ({ spilled }) => ({ spilled: both(sum, spilled, amount) }));
  }

  /** Counts events that need no segment any more, once for each segment. Lost events may return. Call {@link save} afterwards. */
  settle(backend: string, amount: Amount, segment?: string): void {
    if (segment !== undefined) {
      if (this.segments.includes(segment)) return;
      this.content = { ...this.content, segments: [...this.segments, segment].slice(-MAX_SEGMENTS) };
    }
    this.change(backend, ({ spilled, settled }) => ({ settled: both(Math.min, both(sum, settled, amount), spilled) }));
  }

  /** Counts lost events. Call {@link save} afterwards. */
  lose(backend: string, events: number, { at = new Date().toISOString(), ...more }: Losing = {}): void {
    this.change(backend, ({ lost, acknowledged, firstAt }) => ({
      ...{ lost: lost + events, firstAt: lost === acknowledged ? at : firstAt, lastAt: at, ...more },
    }));
  }

  /** Takes each count that is larger in another copy of this account. The next {@link keep} saves the counts. */
  merge({ tallies, segments = [] }: Pick<Content, 'tallies' | 'segments'>): void {
    const settled = [...new Set([...segments, ...this.segments])];
    this.content = { ...this.content, segments: settled.slice(-MAX_SEGMENTS) };
    for (const [backend, theirs] of Object.entries(tallies)) {
      this.change(backend, (own) => {
        const larger = (stage: Stage): number => Math.max(own[stage], theirs[stage]);
        return {
          ...{ ...theirs, ...own, firstAt: own.firstAt || theirs.firstAt, lastAt: own.lastAt || theirs.lastAt },
          spilled: both(Math.max, own.spilled, theirs.spilled),
          settled: both(Math.max, own.settled, theirs.settled),
          ...{ lost: larger('lost'), announced: larger('announced'), reported: larger('reported') },
          acknowledged: larger('acknowledged'),
        };
      });
    }
  }

  /** Counts the missing events as lost, and returns their number. Call {@link save} afterwards. */
  loseMissing(backend: string): number {
    const missing = both(Math.min, this.missing.get(backend) ?? NONE, this.waiting(backend));
    this.missing.delete(backend);
    if (missing.events === 0) return 0;
    this.settle(backend, missing);
    this.lose(backend, missing.events);
    return missing.events;
  }

  /** Returns the number of events whose segments are missing, according to the last {@link compare}. */
  missingOf(backend: string): number {
    return this.missing.get(backend)?.events ?? 0;
  }

  waiting(backend: string): Amount {
    const { spilled, settled } = this.tallies[backend] ?? EMPTY;
    return both(difference, spilled, settled);
  }

  get tallies(): Content['tallies'] {
    return this.content.tallies;
  }

  get segments(): readonly string[] {
    return this.content.segments ?? [];
  }

  /**
   * Finds missing events. `before` has the tallies from before the files were listed, since events are counted after they are written.
   * Events are counted as settled before their segment is removed. Reads segments only if their size is too small.
   */
  async compare(before: Content['tallies'], segments: readonly SegmentFile[]): Promise<void> {
    const isOpen = ({ parsed }: SegmentFile): boolean =>
      parsed.account === this.id && !this.segments.includes(parsed.uuid);
    const open = segments.filter(isOpen);
    for (const [backend, { spilled }] of Object.entries(before)) {
      const files = open.filter(({ parsed }) => parsed.backend === backend);
      const expected = (): Amount => both(difference, spilled, (this.tallies[backend] ?? EMPTY).settled);
      const bytes = files.reduce((total, file) => total + file.bytes, 0);
      let events = 0;
      if (files.length > 0 && bytes >= expected().bytes) events = Infinity;
      else for (const { path } of files) events += await countLines(path);
      this.missing.set(backend, both(difference, expected(), { events, bytes }));
    }
  }

  /** Returns the losses that have passed the stage `to`, but not the stage `from`. */
  losses(from: Stage, to: Stage): readonly Loss[] {
    return Object.entries(this.tallies).flatMap(([backend, { isUnknown, firstAt, lastAt, ...counts }]) => {
      const events = counts[to] - counts[from];
      return events > 0 ? [{ backend, events, ...(isUnknown && { isUnknown }), firstAt, lastAt }] : [];
    });
  }

  /**
   * Returns the report for an event: the same report until {@link reported} is called. Resolves when the event's id is on disk, or cannot
   * be written. If the id is not on disk and the process ends, two events may report the loss.
   */
  async report(): Promise<LossReport> {
    const { report: id = uuidv7() } = this.content;
    if (this.content.report === undefined) this.advance('lost', 'announced', id);
    await this.save().catch(() => undefined);
    return { id, losses: this.losses('reported', 'announced') };
  }

  /** Notes that the event of {@link report} is stored. Rejects with the system's error. */
  async reported(): Promise<void> {
    this.advance('announced', 'reported');
    await this.save();
  }

  /** Acknowledges the reported losses. Rejects with the system's error. */
  async acknowledge(): Promise<void> {
    this.advance('reported', 'acknowledged', this.content.report);
    await this.save();
  }

  /** Resolves when all counts so far are on disk. Rejects with the system's error. */
  save(): Promise<void> {
    return this.writes.run();
  }

  /** Saves the counts synchronously, for the end of the process. Throws the system's error. */
  saveAtOnce(): void {
    writeFileAtOnce(this.path, this.encode(), existsSync(this.path) ? 'r+' : 'w');
  }

  /** Writes the file again if it is gone, for the end of the process: the next process must miss the events. Throws the system's error. */
  keepAtOnce(): void {
    if (!isSettled(this.content) && !existsSync(this.path)) this.saveAtOnce();
  }

  private async write(): Promise<void> {
    const isNew = this.written === undefined;
    if (isNew) await makeFolder(dirname(this.path));
    const file = await open(this.path, isNew ? 'w' : 'r+', 0o600);
    let bytes: Buffer;
    try {
      if (!isNew) this.takeFrom(await file.readFile());
      bytes = this.encode();
      await file.write(bytes, 0, bytes.length, 0);
      await file.datasync();
    } finally {
      await file.close();
    }
    if (isNew) await syncFolder(dirname(this.path));
    this.written = bytes;
  }

  /** The former holder may have written to the file after this process took it over. */
  private takeFrom(onDisk: Buffer): void {
    if (this.written && lineOf(onDisk).equals(lineOf(this.written))) return;
    const theirs = this.lines.decode(PURPOSE, lineOf(onDisk)) as Content | undefined; // this library wrote it
    if (theirs) this.merge(theirs);
  }

  private advance(from: Stage, to: Stage, report?: string): void {
    const tallies = Object.entries(this.tallies).map(([backend, tally]) => [backend, { ...tally, [to]: tally[from] }]);
    this.content = { ...this.content, report, tallies: Object.fromEntries(tallies) as Content['tallies'] };
  }

  private change(backend: string, next: (tally: Tally) => Partial<Tally>): void {
    const tally = this.tallies[backend] ?? EMPTY;
    const tallies = { ...this.tallies, [backend]: { ...tally, ...next(tally) } };
    this.content = { ...this.content, changedAt: new Date().toISOString(), tallies };
  }

  private encode(): Buffer {
    return Buffer.from(this.lines.encode(PURPOSE, this.content).padEnd(RESERVED_BYTES));
  }
}

interface Losing {
  readonly at?: string;
  readonly isUnknown?: true;
}

function lineOf(bytes: Buffer): Buffer {
  return bytes.subarray(0, bytes.indexOf('\n'));
}

function isSettled({ tallies }: Content): boolean {
  return Object.values(tallies).every(
    ({ spilled, settled, lost, acknowledged }) => spilled.events === settled.events && lost === acknowledged,
  );
}

/** Returns a settled content that was signed with a key that is not known any more: such a content tells nothing. */
function settledIn(line: Buffer): unknown {
  try {
    const content = parseJson(line.subarray(MAC_LENGTH).toString()) as Content; // if it is something else, isSettled throws
    return isSettled(content) ? content : undefined;
  } catch {
    return undefined;
  }
}

const sum = (one: number, other: number): number => one + other;
const difference = (one: number, other: number): number => Math.max(0, one - other);

function both(operation: (one: number, other: number) => number, one: Amount, other: Amount): Amount {
  return { events: operation(one.events, other.events), bytes: operation(one.bytes, other.bytes) };
}

import { closeSync, existsSync, fsyncSync, openSync, writeSync } from 'node:fs';
import { open, readFile, stat, unlink, utimes } from 'node:fs/promises';
import { dirname } from 'node:path';
import { uuidv7 } from 'uuidv7';
import { Shared } from './one-at-a-time.js';
import type { SpillLines } from './spill-line.js';
import { makeFolder, syncFolder } from './sync-folder.js';

/** Events that one provider never got. Times are RFC 3339, UTC. */
export interface Loss {
  /** `*` where nobody knows which ones. */
  readonly backend: string;
  readonly events: number;
  /** Whether it may be more, or none: the record of it cannot be read. */
  readonly isUnknown?: true;
  readonly firstAt: string;
  readonly lastAt: string;
}

interface CountedLoss extends Loss {
  /** How many of them an event of the ledger reports. */
  readonly reported: number;
}

/** What an event is to say, and its id: the same in every attempt. */
export interface LossReport {
  readonly id: string;
  readonly losses: readonly Loss[];
}

interface State {
  readonly sequence: number;
  readonly losses: readonly CountedLoss[];
  /** The event that is on its way, and up to how many of each provider's losses it tells. */
  readonly report?: { readonly id: string; readonly upTo: Readonly<Record<string, number>> };
}

/** Of a record that cannot be read. */
export const ANY_BACKEND = '*';

/** Small enough that an overwritten slot needs no more room on a full disk. */
const SLOT_BYTES = 8 * 1024;
const SLOTS = 2;
const PURPOSE = 'lost events';

/**
 * Counts lost events in a file that survives `kill -9` and a power cut. The file is there before anything is lost, and is overwritten in
 * place: events are lost when the disk is full. It has two slots, which are written by turns and synced: a torn write leaves the other
 * one, of the state before.
 */
export class LossRecord {
  /** Whether the file went while it held nothing that anybody could acknowledge: somebody cleared the folder, or took it for abandoned. */
  isCleared = false;
  private readonly writes = new Shared(() => this.write());

  private constructor(
    readonly path: string,
    private readonly lines: SpillLines,
    private state: State,
    /** What the file says, as far as this process knows; nothing without a file. */
    private written?: State,
  ) {}

  /** A new record, without a file until {@link keep} or the first loss. */
  static at(path: string, lines: SpillLines): LossRecord {
    return new LossRecord(path, lines, { sequence: 0, losses: [] });
  }

  /** What a file says; one that holds nothing that was written here says that an unknown number was lost. Rejects with the system's error. */
  static async read(path: string, lines: SpillLines): Promise<LossRecord> {
    const bytes = await readFile(path);
    const states = Array.from({ length: SLOTS }, (_, slot) => stateIn(bytes, slot, lines)).filter(
      (state) => state !== undefined,
    );
    const [newest] = states.sort((first, second) => second.sequence - first.sequence);
    if (newest) return new LossRecord(path, lines, newest, newest);
    const at = (await stat(path)).mtime.toISOString();
    const unknown = { backend: ANY_BACKEND, events: 1, isUnknown: true, firstAt: at, lastAt: at, reported: 0 } as const;
    const state = { sequence: 0, losses: [unknown] };
    return new LossRecord(path, lines, state, state);
  }

  /**
   * Makes the file, with room for every later count, writes what it does not say yet, and tells other processes that its owner lives. Rejects with
   * the system's error.
   */
  async keep(): Promise<void> {
    if (this.written !== this.state) await this.save();
    await this.touch();
  }

  /** Leaves nothing of it where nothing was lost. */
  async close(): Promise<void> {
    if (this.state.losses.length === 0) await unlink(this.path).catch(() => undefined);
  }

  get losses(): readonly Loss[] {
    return this.state.losses;
  }

  get isReported(): boolean {
    return this.state.losses.every(({ events, reported }) => events === reported);
  }

  /** Counts more; {@link save} or {@link saveAtOnce} keeps it. */
  add(backend: string, events: number, at: string, isUnknown = false): void {
    if (this.isGone()) this.forget();
    const before = this.state.losses.find((loss) => loss.backend === backend);
    const loss = {
      backend,
      events: (before?.events ?? 0) + events,
      ...((isUnknown || before?.isUnknown) && { isUnknown: true as const }),
      firstAt: before?.firstAt ?? at,
      lastAt: at,
      reported: before?.reported ?? 0,
    };
    const others = this.state.losses.filter((each) => each !== before);
    this.state = { ...this.state, losses: [...others, loss].sort(byBackend) };
  }

  /** Whether somebody took the file away: another process, or the person who acknowledged the losses. */
  isGone(): boolean {
    return this.written !== undefined && !existsSync(this.path);
  }

  /**
   * What an event has to say, until {@link reported} is called. Resolves when the event's id is on disk. Where that cannot be written, the event
   * is told all the same: twice, if the process ends before.
   */
  async report(): Promise<LossReport> {
    const { losses } = this.state;
    const upTo = Object.fromEntries(losses.map(({ backend, events }) => [backend, events]));
    const report = this.state.report ?? { id: uuidv7(), upTo };
    this.state = { ...this.state, report };
    await this.save().catch(() => undefined);
    return {
      id: report.id,
      losses: losses.flatMap(({ reported, ...loss }) => {
        const events = (report.upTo[loss.backend] ?? reported) - reported;
        return events > 0 ? [{ ...loss, events }] : [];
      }),
    };
  }

  /** The event of {@link report} is stored. */
  async reported(): Promise<void> {
    const { report, losses, sequence } = this.state;
    const told = losses.map((loss) => ({ ...loss, reported: report?.upTo[loss.backend] ?? loss.reported }));
    this.state = { sequence, losses: told };
    await this.save();
  }

  /** Resolves when what was counted so far is on disk. Rejects with the system's error. */
  save(): Promise<void> {
    return this.writes.run();
  }

  /** The same before it returns, for the end of the process. Throws the system's error. */
  saveAtOnce(): void {
    const isNew = this.written === undefined;
    const file = openSync(this.path, isNew ? 'w' : 'r+', 0o600);
    try {
      if (isNew) writeSync(file, Buffer.alloc(SLOTS * SLOT_BYTES, ' '), 0, undefined, 0);
      const { bytes, position, state } = this.nextSlot();
      writeSync(file, bytes, 0, bytes.length, position);
      fsyncSync(file);
      this.written = state;
    } finally {
      closeSync(file);
    }
  }

  /** Tells other processes that its owner lives. Rejects with the system's error. */
  async touch(): Promise<void> {
    const now = new Date();
    await utimes(this.path, now, now);
  }

  /** Begins again, since somebody took the file away. */
  forget(): void {
    this.isCleared ||= this.state.losses.length === 0;
    this.state = { sequence: 0, losses: [] };
    this.written = undefined;
  }

  private async write(): Promise<void> {
    const isNew = this.written === undefined;
    if (isNew) await makeFolder(dirname(this.path));
    const file = await open(this.path, isNew ? 'w' : 'r+', 0o600);
    const { bytes, position, state } = this.nextSlot();
    try {
      if (isNew) await file.write(Buffer.alloc(SLOTS * SLOT_BYTES, ' '), 0, undefined, 0);
      await file.write(bytes, 0, bytes.length, position);
      await file.sync();
    } finally {
      await file.close();
    }
    if (isNew) await syncFolder(dirname(this.path));
    this.written = state;
  }

  private nextSlot(): { readonly bytes: Buffer; readonly position: number; readonly state: State } {
    const state = { ...this.state, sequence: this.state.sequence + 1 };
    this.state = state;
    const bytes = Buffer.alloc(SLOT_BYTES, ' ');
    bytes.write(this.lines.encode(PURPOSE, state));
    return { bytes, position: (state.sequence % SLOTS) * SLOT_BYTES, state };
  }
}

function byBackend({ backend: first }: Loss, { backend: second }: Loss): number {
  return first < second ? -1 : 1;
}

function stateIn(bytes: Buffer, slot: number, lines: SpillLines): State | undefined {
  const [line] = bytes.toString('utf8', slot * SLOT_BYTES, (slot + 1) * SLOT_BYTES).split('\n');
  const value = lines.decode(PURPOSE, Buffer.from(line ?? ''));
  return isState(value) ? value : undefined;
}

function isState(value: unknown): value is State {
  if (typeof value !== 'object' || value === null) return false;
  return 'sequence' in value && typeof value.sequence === 'number' && 'losses' in value && Array.isArray(value.losses);
}

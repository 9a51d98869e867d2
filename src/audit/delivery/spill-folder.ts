import { mkdir, open, readdir, readFile, unlink, writeFile, type FileHandle } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { uuidv7 } from 'uuidv7';
import { errorCode } from '../errors/error-facts.js';
import type { AuditEvent } from '../event/audit-event.js';

const SEGMENT = /^(?<backend>[a-z][a-z0-9-]*)\.(?<pid>\d+)\.[0-9a-f-]{36}\.jsonl$/;
const MAX_SEGMENT_BYTES = 4 * 1024 * 1024;
const MAX_OFFER_EVENTS = 500;

/** The files that this process is writing: several applications in it may share a folder. */
const beingWritten = new Set<string>();

interface Segment {
  readonly name: string;
  readonly file: FileHandle;
  bytes: number;
}

/**
 * A folder of append-only files, one event a line, that keep what a provider could not take. A file's name says whose
 * events they are and which process writes it; what a process left behind is replayed by the next one on that folder.
 */
export class SpillFolder {
  private readonly writing = new Map<string, Segment>();
  private queue: Promise<unknown> = Promise.resolve();

  constructor(readonly path: string) {}

  /** Creates the folder. Rejects with the system's error when it cannot be made. */
  async prepare(): Promise<void> {
    await mkdir(dirname(this.path), { recursive: true }); // its parents are not only ours
    await mkdir(this.path, { recursive: true, mode: 0o700 });
  }

  /** Resolves when the events are on disk (`fdatasync`). Rejects with the system's error. */
  append(backend: string, events: readonly AuditEvent[]): Promise<void> {
    return this.inTurn(async () => {
      const segment = this.writing.get(backend) ?? (await this.openSegment(backend));
      const lines = Buffer.from(events.map((event) => JSON.stringify(event) + '\n').join(''));
      try {
        await segment.file.appendFile(lines);
        await segment.file.datasync();
      } catch (error) {
        // What the file holds now is unknown: leave it to the replay, which skips a torn line, and begin another.
        await this.closeSegment(backend);
        throw error;
      }
      segment.bytes += lines.length;
      if (segment.bytes >= MAX_SEGMENT_BYTES) await this.closeSegment(backend);
    });
  }

  /** The backends for which something is kept, without what another living process is still writing. */
  async backlog(): Promise<readonly string[]> {
    const segments = await this.segments();
    return [...new Set(segments.map(({ backend }) => backend))];
  }

  /**
   * Offers what is kept for a backend, oldest first, and removes each file when `offer` said yes to all of it. Lines
   * that are no events are moved aside to a file that ends in `.corrupt`. Returns the number of events replayed and of
   * lines set aside; stops at the first no.
   */
  async replay(
    backend: string,
    offer: (events: readonly AuditEvent[]) => Promise<boolean>,
  ): Promise<{ readonly replayed: number; readonly corrupt: number; readonly done: boolean }> {
    // In turn with the appends, so that no file is listed while it is opened to be written.
    const segments = await this.inTurn(async () => {
      await this.closeSegment(backend);
      return (await this.segments()).filter((segment) => segment.backend === backend);
    });
    let replayed = 0;
    let corrupt = 0;
    for (const { name } of segments) {
      const { events, broken } = parseLines(await readFile(join(this.path, name), 'utf8'));
      for (let from = 0; from < events.length; from += MAX_OFFER_EVENTS) {
        const part = events.slice(from, from + MAX_OFFER_EVENTS);
        if (!(await offer(part))) return { replayed, corrupt, done: false };
        replayed += part.length;
      }
      if (broken.length > 0) await writeFile(join(this.path, `${name}.corrupt`), broken.join('\n') + '\n');
      corrupt += broken.length;
      await unlink(join(this.path, name));
    }
    return { replayed, corrupt, done: true };
  }

  /** Closes the open files. */
  async close(): Promise<void> {
    await this.inTurn(async () => {
      for (const backend of [...this.writing.keys()]) await this.closeSegment(backend);
    });
  }

  private async segments(): Promise<readonly { readonly name: string; readonly backend: string }[]> {
    const names = await readdir(this.path).catch((error: unknown) => {
      if (errorCode(error) === 'ENOENT') return [];
      throw error;
    });
    return names.sort(bySegmentAge).flatMap((name) => {
      const { backend, pid } = SEGMENT.exec(name)?.groups ?? {};
      if (backend === undefined || beingWritten.has(join(this.path, name))) return [];
      const ofAnother = Number(pid) !== process.pid && isAlive(Number(pid));
      return ofAnother ? [] : [{ name, backend }];
    });
  }

  private async openSegment(backend: string): Promise<Segment> {
    await this.prepare();
    const name = `${backend}.${process.pid}.${uuidv7()}.jsonl`;
    const segment = { name, file: await open(join(this.path, name), 'ax', 0o600), bytes: 0 };
    this.writing.set(backend, segment);
    beingWritten.add(join(this.path, name));
    const folder = await open(this.path, 'r');
    await folder.sync().finally(() => folder.close());
    return segment;
  }

  private async closeSegment(backend: string): Promise<void> {
    const segment = this.writing.get(backend);
    if (!segment) return;
    this.writing.delete(backend);
    beingWritten.delete(join(this.path, segment.name));
    await segment.file.close();
  }

  /** One file operation after the other. */
  private inTurn<Result>(work: () => Promise<Result>): Promise<Result> {
    const result = this.queue.then(work);
    this.queue = result.catch(() => undefined);
    return result;
  }
}

function bySegmentAge(first: string, second: string): number {
  const [a = '', b = ''] = [first.split('.')[2], second.split('.')[2]];
  return a < b ? -1 : a > b ? 1 : 0;
}

function parseLines(text: string): { readonly events: readonly AuditEvent[]; readonly broken: readonly string[] } {
  const events: AuditEvent[] = [];
  const broken: string[] = [];
  for (const line of text.split('\n').filter((candidate) => candidate !== '')) {
    const event = parseEvent(line);
    if (event) events.push(event);
    else broken.push(line);
  }
  return { events, broken };
}

function parseEvent(line: string): AuditEvent | undefined {
  try {
    const value: unknown = JSON.parse(line, (_name, part: unknown) => Object.freeze(part));
    const isEvent = typeof value === 'object' && value !== null && 'id' in value && 'schemaVersion' in value;
    return isEvent ? (value as AuditEvent) : undefined; // this library wrote the line, as the check above confirms
  } catch {
    return undefined;
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return errorCode(error) === 'EPERM';
  }
}

import { randomUUID } from 'node:crypto';
import { link, mkdir, readFile, readlink, realpath, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { withTimeout } from '../../../base/with-timeout.js';
import { getErrorCode } from '../../../base/errors/error-facts.js';
import type { AuditError } from '../../../base/errors/audit.error.js';
import { ledgerErrors } from '../../errors/ledger.errors.js';

/**
 * Stores one short text outside the ledger's database, for example as an object in a bucket. A restore of the database must not change the
 * text. All instances of the application need the same text.
 */
export interface CheckpointMemory {
  /** Resolves with the stored text; `undefined` if no text was stored. */
  read(): Promise<string | undefined>;
  /** Replaces the stored text. The text is durable when the promise resolves. Only the leader of all instances writes. */
  write(text: string): Promise<void>;
}

const TIMEOUT_MS = 10_000;

/**
 * The last checkpoint that the ledger's key signed, outside the database. With this checkpoint, the leader notices an older copy of the
 * database. Before the first event, the checkpoint has size 0, so that the memory of a ledger with events is empty only after a loss.
 */
export class CheckpointRegister {
  /** The path of the file, or the name of another memory in messages. */
  readonly path: string;
  /** The size of the ledger when this instance began to lead without its memory; `undefined` unless the memory is lost. */
  lostAt: number | undefined;
  private readonly memory: CheckpointMemory;
  private readonly isFile: boolean;
  private isEmpty = true;
  private unusable: AuditError | undefined;

  /** @param report logs each new reason why no checkpoint is stored */
  constructor(
    memory: string | CheckpointMemory,
    private readonly report: (message: string) => void = () => undefined,
  ) {
    this.isFile = typeof memory === 'string';
    this.path = typeof memory === 'string' ? memory : 'the store of the option checkpointMemory';
    this.memory = typeof memory === 'string' ? createFileMemory(memory) : memory;
  }

  /** The reasons why this instance might not notice an older copy of the database. */
  get problems(): readonly AuditError[] {
    const { path, lostAt, unusable } = this;
    const lost = lostAt === undefined ? [] : [ledgerErrors.AUDIT_CHECKPOINT_MEMORY_LOST(path, lostAt)];
    return unusable ? [...lost, unusable] : lost;
  }

  /** Resolves with the note; `undefined` before the first one. @throws `AUDIT_CHECKPOINT_MEMORY_UNUSABLE` */
  async read(): Promise<string | undefined> {
    // Clients of key-value stores answer null for a missing key.
    const note = (await this.withDeadline('read', () => this.memory.read())) ?? undefined;
    this.isEmpty = note === undefined || note === '';
    return this.isEmpty ? undefined : note;
  }

  /**
   * Begins to lead a ledger, after {@link read}. Stores the first checkpoint of an empty ledger. If the memory of a larger ledger is empty,
   * then {@link write} stores nothing until {@link adopt}, so that a restart does not hide the loss.
   */
  async begin(size: number, signEmpty: () => Promise<string>): Promise<void> {
    this.lostAt = this.isEmpty && size > 0 ? size : undefined;
    if (this.lostAt !== undefined) this.report(ledgerErrors.AUDIT_CHECKPOINT_MEMORY_LOST(this.path, size).message);
    else if (this.isEmpty) await this.write(await signEmpty());
  }

  /** Ends a loss, after an operator adopted the database. Stores the note as {@link write} does. */
  async adopt(note: string): Promise<void> {
    this.lostAt = undefined;
    await this.write(note);
  }

  /**
   * Replaces the note, unless the memory is lost. When the promise resolves, the note is durable, or {@link problems} shows why not. Never
   * rejects, because the database already contains the checkpoint.
   */
  async write(note: string): Promise<void> {
    if (this.lostAt !== undefined) return;
    try {
      await this.withDeadline('write', () => this.memory.write(note));
      this.unusable = undefined;
    } catch (error) {
      this.fail(error as AuditError); // withDeadline() throws only this class
    }
  }

  /** Checks that a file can be written, or that another memory can be read. @throws `AUDIT_CHECKPOINT_MEMORY_UNUSABLE` */
  async check(): Promise<void> {
    if (this.isFile) await this.withDeadline('write', () => checkWritable(this.path));
    else await this.read();
  }

  /** Adds a reason to {@link problems} until the next successful {@link write}. */
  fail(reason: AuditError): void {
    if (this.unusable?.message !== reason.message) this.report(reason.message);
    this.unusable = reason;
  }

  /**
   * Copies the note to a second file. Later calls of {@link write} do not change the second file. Resolves with the copy's path. Rejects
   * with the error of the file system.
   */
  async keep(keptName: string): Promise<string> {
    const target = await resolveTarget(this.path);
    const kept = `${target}.${keptName}`;
    await link(target, kept);
    return kept;
  }

  private async withDeadline<Result>(does: 'read' | 'write', work: () => Promise<Result>): Promise<Result> {
    try {
      return await withTimeout(TIMEOUT_MS, work(), () => {
        throw new Error(`no answer within ${TIMEOUT_MS} ms`);
      });
    } catch (error) {
      throw ledgerErrors.AUDIT_CHECKPOINT_MEMORY_UNUSABLE(does, this.path, error);
    }
  }
}

/** A missing folder, or a file or folder in the place of the other, contains no note. Only {@link checkWritable} and writes report it. */
const MISSING_FILE_CODES: readonly (string | undefined)[] = ['ENOENT', 'ENOTDIR', 'EISDIR'];

/** After a crash, the file contains either the old or the new text. */
function createFileMemory(path: string): CheckpointMemory {
  return {
    read: () =>
      readFile(path, 'utf8').catch((error: unknown) => {
        if (MISSING_FILE_CODES.includes(getErrorCode(error))) return undefined;
        throw error;
      }),
    write: async (text) => {
      const target = await resolveTarget(path);
      const draft = `${target}.${process.pid}`;
      await mkdir(dirname(target), { recursive: true, mode: 0o700 });
      await writeFile(draft, text, { mode: 0o600, flush: true });
      await rename(draft, target);
    },
  };
}

/**
 * Returns the file that a symbolic link leads to, because a new file in the link's place would no longer be on the shared disk. Throws if
 * the path leads to a folder or a device, which a file must not replace.
 */
async function resolveTarget(path: string): Promise<string> {
  const linked = async (): Promise<string> => resolve(dirname(path), await readlink(path));
  const target = await realpath(path)
    .catch(linked)
    .catch(() => path); // the target of a link may not exist yet
  const found = await stat(target).catch(() => undefined);
  if (found && !found.isFile()) throw new Error(`it is a ${found.isDirectory() ? 'folder' : 'device'}`);
  return target;
}

/** Writes and removes a file of its own beside the file, because the leader may write the file at the same time. */
async function checkWritable(path: string): Promise<void> {
  const target = await resolveTarget(path);
  const draft = `${target}.${randomUUID()}`;
  await mkdir(dirname(target), { recursive: true, mode: 0o700 });
  await writeFile(draft, '', { mode: 0o600 });
  await rm(draft);
}

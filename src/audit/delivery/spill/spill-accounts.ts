import { unlink, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { uuidv7 } from 'uuidv7';
import { errorMessage } from '../../../base/errors/error-facts.js';
import { claimFile, inUse, isLeftAlone, unlessGone } from './abandoned-files.js';
import { ANY_BACKEND, SpillAccount, type Loss, type LossReport } from './spill-account.js';
import { newName } from './spill-file.js';
import type { SpillLines } from './spill-line.js';
import type { AccountFile, Survey } from './survey-folder.js';

/**
 * Holds this process's account, and the accounts of ended processes. An account's file is a lease: its holder touches it in every scan, and
 * only the holder replays the account's segments. After 30 seconds without a touch, another process takes the file by renaming it. A
 * process that was only paused then finds its account under another name. It lets go of the account, and begins a new one.
 */
export class SpillAccounts {
  /** The account of this process. */
  own: SpillAccount;
  private readonly held = new Map<string, SpillAccount>();
  /** Why the folder could not be written in the last {@link check}. */
  problem: string | undefined;

  constructor(
    private readonly folder: string,
    private readonly lines: SpillLines,
  ) {
    this.own = this.begin();
  }

  get(id: string): SpillAccount | undefined {
    return this.held.get(id);
  }

  /** Returns a provider's losses that nobody has acknowledged. */
  lossesOf(backend: string): readonly Loss[] {
    const isOf = (loss: Loss): boolean => loss.backend === backend || loss.backend === ANY_BACKEND;
    return this.all.flatMap((account) => account.losses('acknowledged', 'lost').filter(isOf));
  }

  total(numberOf: (account: SpillAccount) => number): number {
    return this.all.reduce((sum, account) => sum + numberOf(account), 0);
  }

  /** Returns the counts of each account now, for {@link check}. */
  tallies(): ReadonlyMap<string, SpillAccount['tallies']> {
    return new Map(this.all.map(({ id, tallies }) => [id, tallies]));
  }

  /**
   * Compares the accounts with the files of the folder, and takes over the accounts of ended processes. `before` has the counts from before
   * the survey. Rejects with the system's error.
   */
  async check({ accounts, segments }: Survey, before: ReturnType<SpillAccounts['tallies']>): Promise<void> {
    const isOurs = ({ path, parsed }: AccountFile): boolean => this.held.get(parsed.uuid)?.path === path;
    for (const account of this.all) {
      const files = accounts.filter(({ parsed }) => parsed.uuid === account.id);
      if (files[0] && !files.some(isOurs)) await this.letGo(account, files[0]);
      else for (const file of files) if (!isOurs(file)) await this.merge(account, file);
    }
    this.problem = await this.own.keep().then(() => undefined, errorMessage);
    for (const file of this.problem === undefined ? accounts : []) {
      if (!isOurs(file) && !isLeftAlone(file.path, file.parsed, file.modifiedMs, Date.now())) await this.take(file);
    }
    for (const account of this.all) {
      if (account !== this.own) await account.keep().catch(() => undefined); // the next check retries
      await account.compare(before.get(account.id) ?? {}, segments);
      if (account === this.own || !account.isOver) continue;
      await account.close();
      this.drop(account);
    }
  }

  /**
   * Reports the losses that no event reports yet, if their providers are back. `recordLoss` resolves with `true` if the event is saved.
   * `recordLoss` may be called twice for the same losses.
   */
  async report(
    isBack: (backend: string) => boolean,
    recordLoss: (report: LossReport) => Promise<boolean>,
  ): Promise<void> {
    for (const account of this.all) {
      const losses = account.losses('reported', 'lost');
      if (losses.length === 0 || !losses.every(({ backend }) => backend === ANY_BACKEND || isBack(backend))) continue;
      if (await recordLoss(await account.report())) await account.reported();
    }
  }

  /** Writes again each file that is gone and counts waiting events, for the end of the process. Throws the system's error. */
  keepAtOnce(): void {
    for (const account of this.all) account.keepAtOnce();
  }

  async close(): Promise<void> {
    await this.own.close();
    for (const { path } of this.all) inUse.delete(path);
  }

  private get all(): readonly SpillAccount[] {
    return [...this.held.values()];
  }

  private begin(): SpillAccount {
    const id = uuidv7();
    const account = new SpillAccount(id, join(this.folder, newName('account', id)), this.lines);
    this.held.set(id, account);
    inUse.add(account.path);
    return account;
  }

  private drop({ id, path }: SpillAccount): void {
    this.held.delete(id);
    inUse.delete(path);
  }

  /** Another process took over an account. Losses that are not in the file of that process continue in the own account. */
  private async letGo(account: SpillAccount, file: AccountFile): Promise<void> {
    this.drop(account);
    if (account === this.own) this.own = this.begin();
    const theirs = await SpillAccount.read(file, this.lines).catch(() => undefined); // taken over once more
    for (const [backend, { lost }] of Object.entries(theirs ? account.tallies : {})) {
      const unsaved = lost - (theirs?.tallies[backend]?.lost ?? 0);
      if (unsaved > 0) this.own.lose(backend, unsaved);
    }
  }

  /** Two processes may have written one account: each found that the other's file was gone. All counts grow, so the larger ones are right. */
  private async merge(account: SpillAccount, file: AccountFile): Promise<void> {
    const theirs = await SpillAccount.read(file, this.lines).catch(unlessGone);
    if (theirs) account.merge(theirs);
  }

  private async take(file: AccountFile): Promise<void> {
    const { uuid } = file.parsed;
    const held = this.held.get(uuid);
    if (held) {
      await this.merge(held, file); // from a folder that was moved away and back
      return unlink(file.path).catch(unlessGone);
    }
    const claimed = join(this.folder, newName('account', uuid));
    inUse.add(claimed);
    try {
      const now = new Date();
      await utimes(file.path, now, now).catch(unlessGone); // before the new name, so that no third process takes the file meanwhile
      if (!(await claimFile(file.path, claimed))) return;
      this.held.set(uuid, await SpillAccount.read({ ...file, path: claimed }, this.lines));
    } finally {
      if (!this.held.has(uuid)) inUse.delete(claimed);
    }
  }
}

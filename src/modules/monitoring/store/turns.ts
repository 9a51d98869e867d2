/** Lets work of the same key run one after the other, and only so much work at once. */
export class Turns {
  private readonly lastOf = new Map<string, Promise<unknown>>();
  private readonly waiting: (() => void)[] = [];

  /** @param free how much may run at once */
  constructor(private free: number) {}

  /** Resolves or rejects as `work` does, once it had its turn. */
  async take<Result>(key: string, work: () => Promise<Result>): Promise<Result> {
    const before = this.lastOf.get(key) ?? Promise.resolve();
    const done = before.then(() => this.whenFree(work));
    const end = done.catch(() => undefined); // who waits behind it runs anyway
    this.lastOf.set(key, end);
    try {
      return await done;
    } finally {
      if (this.lastOf.get(key) === end) this.lastOf.delete(key);
    }
  }

  private async whenFree<Result>(work: () => Promise<Result>): Promise<Result> {
    if (this.free > 0) this.free -= 1;
    else await new Promise<void>((resolve) => this.waiting.push(resolve));
    try {
      return await work();
    } finally {
      const next = this.waiting.shift();
      if (next) next();
      else this.free += 1;
    }
  }
}

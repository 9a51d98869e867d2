/** Lets at most `limit` calls run at once; the others wait in their order. */
export class CallSlots {
  private free: number;
  private readonly queue: (() => void)[] = [];

  constructor(limit: number) {
    this.free = limit;
  }

  /** Takes a slot, at once or in its turn. Release it afterwards. */
  take(): Promise<void> | undefined {
    if (this.free > 0) this.free--;
    else return new Promise<void>((resolve) => this.queue.push(resolve));
    return undefined;
  }

  /** Gives a slot back, to the first waiting call. */
  release(): void {
    const next = this.queue.shift();
    if (next) next();
    else this.free++;
  }
}

/** Runs one piece of work after the other. */
export class SerialTask {
  private last: Promise<unknown> = Promise.resolve();

  /** Runs `work` after all earlier work has ended. Resolves or rejects as `work` does. */
  run<Result>(work: () => Promise<Result>): Promise<Result> {
    const result = this.last.then(work);
    this.last = result.catch(() => undefined);
    return result;
  }

  /** Resolves when all earlier work has ended. */
  async settled(): Promise<void> {
    await this.last;
  }
}

/** Runs one piece of work for many callers. The calls during a run share the next run. */
export class SharedTask<Result> {
  private readonly runs = new SerialTask();
  private next: Promise<Result> | undefined;

  constructor(private readonly work: () => Promise<Result>) {}

  run(): Promise<Result> {
    this.next ??= this.runs.run(() => {
      this.next = undefined;
      return this.work();
    });
    return this.next;
  }
}

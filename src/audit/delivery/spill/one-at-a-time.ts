/** Runs one piece of work after the other. */
export class OneAtATime {
  private last: Promise<unknown> = Promise.resolve();

  /** Resolves or rejects as `work` does, which begins when all earlier work has ended. */
  run<Result>(work: () => Promise<Result>): Promise<Result> {
    const result = this.last.then(work);
    this.last = result.catch(() => undefined);
    return result;
  }
}

/** Runs one work that all ask for: who asks while it runs shares the next run, which begins after he asked. */
export class Shared<Result> {
  private readonly turns = new OneAtATime();
  private next: Promise<Result> | undefined;

  constructor(private readonly work: () => Promise<Result>) {}

  run(): Promise<Result> {
    this.next ??= this.turns.run(() => {
      this.next = undefined;
      return this.work();
    });
    return this.next;
  }
}

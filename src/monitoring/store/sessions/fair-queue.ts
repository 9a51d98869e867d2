interface Line {
  running: number;
  readonly waiting: (() => void)[];
}

/** Runs at most `most` tasks of each holder at a time. Further tasks of the holder wait in their order. */
export class FairQueue {
  private readonly lines = new Map<string, Line>();

  constructor(private readonly most: number) {}

  /** Resolves or rejects as `task` does. */
  async run<Result>(holder: string, task: () => Promise<Result>): Promise<Result> {
    const line = this.lines.get(holder) ?? { running: 0, waiting: [] };
    this.lines.set(holder, line);
    if (line.running < this.most) line.running++;
    else await new Promise<void>((resolve) => line.waiting.push(resolve));
    try {
      return await task();
    } finally {
      const next = line.waiting.shift();
      if (next) next();
      else if (--line.running === 0) this.lines.delete(holder);
    }
  }
}

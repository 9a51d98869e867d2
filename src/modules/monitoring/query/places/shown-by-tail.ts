const EVERY_MS = 60_000;

/** Counts the events that a tail shows, and reports the count: at once, each minute while it shows more, and at its end. */
export class ShownByTail {
  private count = 0;
  private tellsAt = 0;

  constructor(private readonly tell: (count: number) => void) {}

  add(count: number): void {
    this.count += count;
    if (performance.now() >= this.tellsAt) this.end();
  }

  end(): void {
    if (this.count === 0) return;
    this.tell(this.count);
    this.count = 0;
    this.tellsAt = performance.now() + EVERY_MS;
  }
}

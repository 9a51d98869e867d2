const WIDTH = 30;
const DRAW_EVERY_MS = 200;
const SAY_EVERY_MS = 10_000;

/** The stream that shows the progress. */
export interface ProgressScreen {
  readonly isTTY?: boolean;
  write(text: string): unknown;
}

/** Shows how far a long command is: a bar that is redrawn on a terminal, otherwise a line every ten seconds. */
export class ProgressLine {
  private readonly startedAt: number;
  private shownAt: number;
  private isDrawn = false;

  /** @param now the time in milliseconds */
  constructor(
    private readonly screen: ProgressScreen,
    private readonly now: () => number = performance.now.bind(performance),
  ) {
    this.startedAt = now();
    this.shownAt = this.startedAt;
  }

  /** Shows the progress. @param first how many were done before the command began */
  show(done: number, total: number, first = 0): void {
    const now = this.now();
    const isTerminal = this.screen.isTTY === true;
    if (now - this.shownAt < (isTerminal ? DRAW_EVERY_MS : SAY_EVERY_MS)) return;
    this.shownAt = now;
    const rate = ((done - first) * 1_000) / Math.max(now - this.startedAt, 1);
    const text = `${done} of ${total} events, ${Math.round(rate)} a second, ${seconds((total - done) / Math.max(rate, 1))} left`;
    if (!isTerminal) {
      this.screen.write(`${text}\n`);
      return;
    }
    const filled = Math.round((WIDTH * done) / Math.max(total, 1));
    this.screen.write(`\r\u001b[K[${'#'.repeat(filled)}${' '.repeat(WIDTH - filled)}] ${text}`);
    this.isDrawn = true;
  }

  /** Removes the bar from the terminal. */
  end(): void {
    if (this.isDrawn) this.screen.write('\r\u001b[K');
  }
}

function seconds(count: number): string {
  const whole = Math.ceil(count);
  return whole < 60 ? `${whole} s` : `${Math.floor(whole / 60)} min ${whole % 60} s`;
}

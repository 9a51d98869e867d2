import { plain } from './plain.js';
import { ProgressLine, type ProgressScreen } from './progress-line.js';

const PATIENCE_MS = 2_000;
const TICK_MS = 1_000;
const WIPE = '\r\u001b[K';

/**
 * Shows on a terminal that a command is still working if it takes longer than two seconds: for how long, and after the first {@link show},
 * how far it is. It writes nothing with `--json`, or if the standard error is not a terminal.
 */
export class Progress {
  private line: ProgressLine | undefined;
  private timer: NodeJS.Timeout | undefined;
  private isTold = false;
  private parts = '';
  private first: number | undefined;
  private isWanted: boolean;

  constructor(
    private readonly command: string,
    private readonly screen: ProgressScreen,
    private readonly isSilent: boolean,
    private readonly now: () => number = performance.now.bind(performance),
  ) {
    this.isWanted = !isSilent && screen.isTTY === true;
  }

  /** Shows it even if the standard error is not a terminal: a line every ten seconds. */
  insist(): void {
    this.isWanted = true;
  }

  begin(): void {
    if (!this.isWanted) return;
    const begunAt = this.now();
    this.timer = setInterval(() => {
      const seconds = Math.floor((this.now() - begunAt) / 1_000);
      if (seconds * 1_000 < PATIENCE_MS) return;
      this.isTold = true;
      this.screen.write(`${WIPE}${this.command} is at work for ${seconds} s${this.parts}`);
    }, TICK_MS);
    this.timer.unref();
  }

  /** Shows how many parts are done, each of which may take long: `2 of 5 months`. */
  showParts(done: number, total: number, parts: string): void {
    this.parts = `: ${done} of ${total} ${parts}`;
  }

  /** Shows how many events are done. */
  show(done: number, total: number): void {
    if (!this.isWanted) return;
    if (!this.line) {
      this.stopClock();
      this.line = new ProgressLine(this.screen, this.now);
    }
    this.line.show(done, total, (this.first ??= done));
  }

  /** Prints a sentence on the standard error, except with `--json`. */
  say(sentence: string): void {
    if (!this.isSilent) this.screen.write(`${this.screen.isTTY === true ? WIPE : ''}${plain(sentence)}\n`);
  }

  /** Removes the line from the terminal. */
  end(): void {
    this.stopClock();
    this.line?.end();
    this.line = undefined;
  }

  private stopClock(): void {
    clearInterval(this.timer);
    if (this.isTold) this.screen.write(WIPE);
    this.isTold = false;
  }
}

import { escapeControls } from './nest-free.js';

const SHOW_AFTER_MS = 2_000;
const DRAW_EVERY_MS = 500;
const PRINT_EVERY_MS = 10_000;
const BAR_WIDTH = 30;
const CLEAR_LINE = '\r\u001b[K';

interface ProgressScreen {
  readonly isTTY?: boolean;
  write(text: string): unknown;
}

/**
 * Shows the progress of a command that runs for more than two seconds. Shows nothing with `--json`. Shows nothing if the standard error is
 * not a terminal, unless `showNow()` was called.
 */
export class Progress {
  private readonly isTerminal: boolean;
  private timer: NodeJS.Timeout | undefined;
  private isDrawn = false;
  private parts = '';
  private startedAt = 0;
  /** `first` is the number of events that were already finished at the beginning. */
  private events: { readonly done: number; readonly total: number; readonly first: number } | undefined;
  private isWanted: boolean;

  constructor(
    private readonly command: string,
    private readonly screen: ProgressScreen,
    private readonly isSilent: boolean,
  ) {
    this.isTerminal = screen.isTTY === true;
    this.isWanted = this.isTerminal && !isSilent;
  }

  /** Shows the progress even if the standard error is not a terminal: one line every ten seconds. */
  showNow(): void {
    this.isWanted = true;
  }

  begin(): void {
    if (!this.isWanted) return;
    this.startedAt = performance.now();
    this.timer = setInterval(() => this.draw(), this.isTerminal ? DRAW_EVERY_MS : PRINT_EVERY_MS).unref();
  }

  /** Shows how many parts are finished: `2 of 5 months`. */
  showParts(done: number, total: number, parts: string): void {
    this.parts = `: ${done} of ${total} ${parts}`;
  }

  /** Shows how many events are finished. */
  show(done: number, total: number): void {
    if (!this.events) this.startedAt = performance.now();
    this.events = { done, total, first: this.events?.first ?? done };
  }

  /** Prints a sentence on the standard error, except with `--json`. */
  print(text: string): void {
    if (!this.isSilent) this.screen.write(`${this.isTerminal ? CLEAR_LINE : ''}${escapeControls(text)}\n`);
  }

  /** Stops the progress, and removes its line from the terminal. */
  end(): void {
    clearInterval(this.timer);
    if (this.isDrawn) this.screen.write(CLEAR_LINE);
    this.isDrawn = false;
  }

  private draw(): void {
    const ms = performance.now() - this.startedAt;
    if (ms < SHOW_AFTER_MS && !this.isDrawn) return;
    const text = this.events
      ? this.describeEvents(this.events, ms)
      : `${this.command} has run for ${formatSeconds(ms)}${this.parts}`;
    this.screen.write(this.isTerminal ? `${CLEAR_LINE}${text}` : `${text}\n`);
    this.isDrawn = this.isTerminal;
  }

  private describeEvents({ done, total, first }: NonNullable<Progress['events']>, ms: number): string {
    const rate = ((done - first) * 1_000) / Math.max(ms, 1);
    const left = formatSeconds(((total - done) * 1_000) / Math.max(rate, 1));
    const filled = Math.round((BAR_WIDTH * done) / Math.max(total, 1));
    const bar = this.isTerminal ? `[${'#'.repeat(filled).padEnd(BAR_WIDTH)}] ` : '';
    return `${bar}${done} of ${total} events, ${Math.round(rate)} a second, ${left} left`;
  }
}

function formatSeconds(ms: number): string {
  const whole = Math.ceil(ms / 1_000);
  return whole < 60 ? `${whole} s` : `${Math.floor(whole / 60)} min ${whole % 60} s`;
}

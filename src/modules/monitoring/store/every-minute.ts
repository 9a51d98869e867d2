import { errorMessage } from '../../../audit/plain.js';

const MINUTE_MS = 60_000;

/** A step that an instance takes at its boot and every minute, never twice at a time. What fails is told once, and tried again. */
export class EveryMinute {
  private timer: NodeJS.Timeout | undefined;
  private running: Promise<void> | undefined;
  private isStopping = false;
  private failure: string | undefined;

  /** @param tell called with what a step rejected with, unless the one before did so with the same message */
  constructor(
    private readonly step: () => Promise<void>,
    private readonly tell: (error: unknown) => void,
  ) {}

  /** Does not wait. */
  start(): void {
    this.timer = setInterval(() => void this.run(), MINUTE_MS).unref();
    void this.run();
  }

  /** Resolves after the step under way. Later ones are not taken. */
  async stop(): Promise<void> {
    this.isStopping = true;
    clearInterval(this.timer);
    await this.running;
  }

  /** Takes the step now, or resolves with the one under way. Never rejects. */
  async run(): Promise<void> {
    if (this.isStopping) return this.running;
    this.running ??= this.take().finally(() => (this.running = undefined));
    return this.running;
  }

  private async take(): Promise<void> {
    try {
      await this.step();
      this.failure = undefined;
    } catch (error) {
      const message = errorMessage(error);
      if (message !== this.failure) this.tell(error);
      this.failure = message;
    }
  }
}

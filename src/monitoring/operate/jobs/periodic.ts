import { AsyncResource } from 'node:async_hooks';
import { getErrorMessage, hasCode, setTimeout, clearTimeout } from '../../../audit/nest-free.js';

export const MINUTE_MS = 60_000;

export interface PeriodicWork {
  /** Runs one step. If the step returns a number, the next step starts after this number of milliseconds. */
  readonly step: () => Promise<unknown>;
  /** The number of milliseconds before the next step, if a step does not return a number. */
  readonly everyMs: number;
  /** Receives the error of a step, unless the previous step failed with the same message. */
  readonly onFailure: (error: unknown) => void;
}

/**
 * Runs steps one at a time, outside of any request's context. Reports a repeated failure only once. Does not keep the process alive. Work that
 * needs the sequencer's login ends silently at its first step in a process with the role `web`.
 */
export class Periodic {
  private readonly context = new AsyncResource('AuditPeriodic');
  private timer: NodeJS.Timeout | undefined;
  private endedAtMs = 0;
  private pauseMs = 0;
  private maxMs = Infinity;
  private running: Promise<void> | undefined;
  private isStarted = false;
  private isStopped = false;
  private isWanted = false;
  private failure: string | undefined;

  constructor(private readonly work: PeriodicWork) {}

  /** Starts the first step without waiting for it. */
  start(): void {
    this.isStarted = true;
    this.wake();
  }

  /** Runs a step now, or directly after the current step. */
  wake(): void {
    this.isWanted = true;
    if (!this.isStopped) this.running ??= this.context.runInAsyncScope(() => this.takeSteps());
  }

  /** Starts the next step `pauseMs` after the last or the current one, unless it starts earlier. */
  runSoon(pauseMs: number): void {
    if (pauseMs >= this.maxMs) return;
    this.maxMs = pauseMs;
    if (!this.running) this.waitForNext();
  }

  /** Starts a step, like {@link wake}, and waits for it. Also waits for further steps that start without a pause. Never rejects. */
  async run(): Promise<void> {
    this.wake();
    await this.running;
  }

  /** Waits for the current step, and runs no further steps. */
  async stop(): Promise<void> {
    this.isStopped = true;
    clearTimeout(this.timer);
    await this.running;
  }

  private async takeSteps(): Promise<void> {
    clearTimeout(this.timer);
    this.pauseMs = 0;
    while (!this.isStopped && (this.isWanted || this.pauseMs === 0)) {
      this.isWanted = false;
      this.maxMs = Infinity;
      this.pauseMs = await this.takeStep();
    }
    this.running = undefined;
    this.endedAtMs = performance.now();
    this.waitForNext();
  }

  private waitForNext(): void {
    if (!this.isStarted || this.isStopped) return;
    clearTimeout(this.timer);
    const leftMs = this.endedAtMs + Math.min(this.pauseMs, this.maxMs) - performance.now();
    this.timer = setTimeout(() => this.wake(), Math.max(leftMs, 0)).unref();
  }

  private async takeStep(): Promise<number> {
    const { step, everyMs, onFailure } = this.work;
    try {
      const pauseMs = await step();
      this.failure = undefined;
      return typeof pauseMs === 'number' ? pauseMs : everyMs;
    } catch (error) {
      if (hasCode(error, 'AUDIT_ROLE_CANNOT_SIGN')) this.isStopped = true;
      const message = getErrorMessage(error);
      if (message !== this.failure && !this.isStopped) onFailure(error);
      this.failure = message;
      return everyMs;
    }
  }
}

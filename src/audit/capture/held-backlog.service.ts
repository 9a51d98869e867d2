import { Injectable } from '@nestjs/common';
import { setImmediate } from '../timers.js';

/** Shorter answers are not counted: Node buffers as much for each connection. */
const LARGE_BYTES = 16_384;
/** While held answers take more memory, further audited requests wait. */
const MOST_HELD_BYTES = 32 * 2 ** 20;

/**
 * Limits the memory of the answers that wait for their events. An unaudited application hands an answer to the operating system at once. If
 * many requests come in one moment, all their answers would wait together, so further requests wait before they make theirs.
 */
@Injectable()
export class HeldBacklog {
  private bytes = 0;
  private isAdmitting = false;
  /** The requests that wait for room: those whose handler has ended, and those that have not begun. */
  private readonly waiting = { ended: [] as (() => void)[], begins: [] as (() => void)[] };

  /** Counts an answer, until the caller calls the returned function. Returns `undefined` for a short answer. */
  hold(bytes: number): (() => void) | undefined {
    if (bytes < LARGE_BYTES) return undefined;
    this.bytes += bytes;
    let isHeld = true;
    return () => {
      if (isHeld) this.bytes -= bytes;
      isHeld = false;
      this.admit();
    };
  }

  /** Returns `undefined` if there is room, which is the usual case; otherwise a promise that resolves when there is. */
  room(of: 'ended' | 'begins'): Promise<void> | undefined {
    const { ended, begins } = this.waiting;
    const isFree = this.bytes < MOST_HELD_BYTES && (of === 'ended' || ended.length + begins.length === 0);
    return isFree ? undefined : new Promise((resolve) => void this.waiting[of].push(resolve));
  }

  /** Admits one request a turn of the event loop, so that its answer is counted before the next one is admitted. */
  private admit(): void {
    const { ended, begins } = this.waiting;
    if (this.isAdmitting || this.bytes >= MOST_HELD_BYTES || ended.length + begins.length === 0) return;
    this.isAdmitting = true;
    (ended.shift() ?? begins.shift())?.();
    setImmediate(() => {
      this.isAdmitting = false;
      this.admit();
    });
  }
}

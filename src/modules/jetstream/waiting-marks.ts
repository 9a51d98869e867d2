/** How often a place is remembered, and the maximum number of marks, of which the oldest are kept. */
const MARK_EVERY_MS = 1_000;
const MOST_MARKS = 1_000;

/** Remembers when envelopes got their places, to compute how long the oldest one has waited for the ledger. */
export class WaitingMarks {
  private marks: { readonly sequence: number; readonly atMs: number }[] = [];

  add(sequence: number, nowMs = performance.now()): void {
    const last = this.marks.at(-1);
    if (this.marks.length >= MOST_MARKS || (last && nowMs - last.atMs < MARK_EVERY_MS)) return;
    this.marks.push({ sequence, atMs: nowMs });
  }

  /** How long the oldest place after this one has waited; 0 without any. */
  waitingSeconds(stored: number, nowMs = performance.now()): number {
    this.marks = this.marks.filter(({ sequence }) => sequence > stored);
    const [oldest] = this.marks;
    return oldest ? (nowMs - oldest.atMs) / 1_000 : 0;
  }
}

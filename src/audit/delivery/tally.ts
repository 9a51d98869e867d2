/** Counts the events of some time until they are settled. */
export class Tally {
  /** How many are not settled. */
  open = 0;
  private resolve: (() => void) | undefined;

  settleOne(): void {
    if (--this.open === 0) this.resolve?.();
  }

  /** Resolves when none is open any more; to be called once, when no more are added. */
  async whenSettled(): Promise<void> {
    if (this.open > 0) await new Promise<void>((resolve) => (this.resolve = resolve));
  }
}

/** Counts the events of a period until they are settled. */
export class Tally {
  /** How many events are not settled. */
  open = 0;
  private resolve: (() => void) | undefined;

  settleOne(): void {
    if (--this.open === 0) this.resolve?.();
  }

  /** Resolves when every event is settled; call it once, when no more are added. */
  async whenSettled(): Promise<void> {
    if (this.open > 0) await new Promise<void>((resolve) => (this.resolve = resolve));
  }
}

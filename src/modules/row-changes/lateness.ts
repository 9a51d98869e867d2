/** Follows how long the oldest captured change waits. It logs once when that is too long, and once when it is over. */
export class Lateness {
  private isLate = false;

  /** @param tell gets a line for the log */
  constructor(
    private readonly limitSeconds: number,
    private readonly tell: (line: string, isOver: boolean) => void,
  ) {}

  /** @param seconds 0 if none waits */
  note(seconds: number): void {
    if (seconds > this.limitSeconds === this.isLate) return;
    this.isLate = !this.isLate;
    const waits = `${Math.round(seconds)} s`;
    const line = this.isLate
      ? `Row changes wait too long for the ledger: the oldest for ${waits}, and lateAfterSeconds is ${this.limitSeconds}. They are ` +
        'safe in the outbox. Check that an instance with RowChangesModule runs as the login that seals, and read its log.'
      : `Row changes come into the ledger in time again: the oldest waits for ${waits}.`;
    this.tell(line, !this.isLate);
  }
}

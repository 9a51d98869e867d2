/** What time it is for what runs daily. A test replaces `now`. */
export class LedgerClock {
  /** Milliseconds since 1970. */
  now(): number {
    return Date.now();
  }
}

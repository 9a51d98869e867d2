/** A moment, and how far the primary had written by then at least. */
interface Mark {
  readonly atMs: number;
  readonly place: bigint;
}

/** So many are kept: an hour of a replica that is away, and less and less exact beyond. */
const MOST_MARKS = 3_600;

/** Which of several moments a replica has replayed. */
export class ReplayedMarks {
  private marks: Mark[] = [];
  private newest: number | undefined;

  /** The newest moment of which everything was replayed, in milliseconds since 1970. */
  get replayedAtMs(): number | undefined {
    return this.newest;
  }

  /** @param place in bytes of the write-ahead log, that holds everything that was stored at `atMs` */
  add(atMs: number, place: bigint): void {
    if (this.marks.length >= MOST_MARKS) this.marks = this.marks.filter((_, nth) => nth % 2 === 0);
    this.marks.push({ atMs, place });
  }

  /** @param place up to which the replica replayed */
  replayed(place: bigint): void {
    const last = this.marks.findLast((mark) => mark.place <= place);
    if (!last) return;
    this.newest = Math.max(last.atMs, this.newest ?? 0);
    this.marks = this.marks.filter(({ atMs }) => atMs > last.atMs);
  }
}

/** A moment, and the position in the write-ahead log that the primary had reached by then, at least. */
interface Mark {
  readonly atMs: number;
  readonly place: bigint;
}

/** The number of kept marks: an hour of a missing replica; beyond, they become less exact. */
const MOST_MARKS = 3_600;

/** Determines up to which moment a replica has replayed. */
export class ReplayedMarks {
  private marks: Mark[] = [];
  private newest: number | undefined;

  /** The newest moment up to which everything was replayed, in milliseconds since 1970. */
  get replayedAtMs(): number | undefined {
    return this.newest;
  }

  /** @param place the position, in bytes of the write-ahead log, up to which it contains everything stored at `atMs` */
  add(atMs: number, place: bigint): void {
    if (this.marks.length >= MOST_MARKS) this.marks = this.marks.filter((_, nth) => nth % 2 === 0);
    this.marks.push({ atMs, place });
  }

  /** @param place the position up to which the replica replayed */
  replayed(place: bigint): void {
    const last = this.marks.findLast((mark) => mark.place <= place);
    if (!last) return;
    this.newest = Math.max(last.atMs, this.newest ?? 0);
    this.marks = this.marks.filter(({ atMs }) => atMs > last.atMs);
  }
}

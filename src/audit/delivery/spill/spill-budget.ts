/**
 * Counts the bytes of a folder against their bound. Between two counts it follows what this process adds and removes;
 * each counting puts right what others did. While one runs, it rather counts too much than too little.
 */
export class SpillBudget {
  private counted = 0;
  private unwritten = 0;
  private everReserved = 0;
  private refused = 0;

  constructor(readonly maxBytes: number) {}

  /** Bytes in the folder, with those on their way into it. */
  get bytes(): number {
    return this.counted;
  }

  /** Whether what was refused last would be refused again. */
  get full(): boolean {
    return !this.fits(Math.max(this.refused, 1));
  }

  /** Whether so many bytes more are within the bound. */
  fits(bytes: number): boolean {
    return this.counted + bytes <= this.maxBytes;
  }

  /** Takes note that so many bytes were refused. */
  refuse(bytes: number): void {
    this.refused = bytes;
  }

  /** Counts bytes that are about to be written. */
  reserve(bytes: number): void {
    this.refused = 0;
    this.counted += bytes;
    this.unwritten += bytes;
    this.everReserved += bytes;
  }

  /** What was reserved is written, or given up. */
  settle(bytes: number, written: boolean): void {
    this.unwritten -= bytes;
    if (!written) this.remove(bytes);
  }

  /** Counts bytes that are no longer there. */
  remove(bytes: number): void {
    this.counted = Math.max(0, this.counted - bytes);
  }

  /** Begins a counting; to be called with its result. */
  recount(): (measured: number) => void {
    const { unwritten, everReserved } = this;
    return (measured) => {
      this.counted = measured + unwritten + (this.everReserved - everReserved);
    };
  }
}

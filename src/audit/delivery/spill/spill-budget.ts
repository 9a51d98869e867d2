/**
 * Counts the bytes of a folder against its bound. Between two counts it follows what this process adds and removes; each count corrects it
 * for other processes. While a count runs, it rather has too many than too few.
 */
export class SpillBudget {
  private counted = 0;
  private unwritten = 0;
  private everReserved = 0;
  private refused = 0;

  constructor(readonly maxBytes: number) {}

  get bytes(): number {
    return this.counted;
  }

  /** Whether the last refused write would be refused again. */
  get full(): boolean {
    return !this.fits(Math.max(this.refused, 1));
  }

  fits(bytes: number): boolean {
    return this.counted + bytes <= this.maxBytes;
  }

  /** Notes that so many bytes were refused. */
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

  /** Notes that reserved bytes are written, or given up. */
  settle(bytes: number, written: boolean): void {
    this.unwritten -= bytes;
    if (!written) this.remove(bytes);
  }

  remove(bytes: number): void {
    this.counted = Math.max(0, this.counted - bytes);
  }

  /** Begins a count; call the returned function with its result. */
  recount(): (measured: number) => void {
    const { unwritten, everReserved } = this;
    return (measured) => {
      this.counted = measured + unwritten + (this.everReserved - everReserved);
    };
  }
}

/** Compares the bytes in a spill folder with their maximum. Adds the writes of this process until the next survey measures the folder. */
export class SpillBudget {
  /** The bytes in the folder, including writes in progress. */
  bytes = 0;
  private unwritten = 0;
  private everReserved = 0;
  private refused = 0;

  constructor(readonly maxBytes: number) {}

  /** Whether the last refused write would be refused again. */
  get full(): boolean {
    return !this.fits(Math.max(this.refused, 1));
  }

  fits(bytes: number): boolean {
    return this.bytes + bytes <= this.maxBytes;
  }

  refuse(bytes: number): void {
    this.refused = bytes;
  }

  reserve(bytes: number): void {
    this.refused = 0;
    this.bytes += bytes;
    this.unwritten += bytes;
    this.everReserved += bytes;
  }

  settle(bytes: number, written: boolean): void {
    this.unwritten -= bytes;
    if (!written) this.bytes = Math.max(0, this.bytes - bytes);
  }

  /** Begins a survey. Call the returned function with the measured bytes. */
  recount(): (measured: number) => void {
    const { unwritten, everReserved } = this;
    return (measured) => {
      this.bytes = measured + unwritten + (this.everReserved - everReserved);
    };
  }
}

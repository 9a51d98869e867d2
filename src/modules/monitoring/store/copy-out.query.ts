import pg from 'pg';

/** A `COPY … TO STDOUT` that hands over its data when they come, message by message: each has whole rows. */
export class CopyOutQuery extends pg.Query<never[]> {
  /** @param onData does not throw; the bytes are the connection's, and hold until it returns */
  constructor(
    text: string,
    private readonly onData: (data: Buffer) => void,
  ) {
    super(text);
  }

  /** Called by the client. */
  handleCopyData({ chunk }: { readonly chunk: Buffer }): void {
    this.onData(chunk);
  }
}

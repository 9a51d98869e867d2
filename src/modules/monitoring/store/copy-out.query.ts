import pg from 'pg';

/** A `COPY … TO STDOUT` that passes on its data as they arrive, message by message; each message has whole rows. */
export class CopyOutQuery extends pg.Query<never[]> {
  /** @param onData must not throw; the bytes belong to the connection, and are valid until it returns */
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

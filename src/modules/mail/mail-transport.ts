/** A mail to one person. */
export interface Mail {
  readonly to: string;
  readonly subject: string;
  /** Plain text. It may hold a token: it must never be logged. */
  readonly text: string;
}

/** Sends mails. The port that features depend on by way of the MailOutbox. */
export abstract class MailTransport {
  /** Resolves when the mail is handed over. A rejection says that it was not; its message holds nothing of the text. */
  abstract send(mail: Mail): Promise<void>;

  /** Lets go of connections. */
  close(): void {
    // Most transports have none.
  }
}

import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Logger } from '@nestjs/common';
import { createTransport } from 'nodemailer';
import { uuidv7 } from 'uuidv7';

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

/**
 * Writes each mail to a file that only the application's user can read, and logs where it is, but nothing of its text:
 * mails hold tokens, and logs are read by others. For development, and for installations without a mail server.
 */
export class FolderMailTransport extends MailTransport {
  private readonly logger = new Logger('Mail');

  constructor(
    private readonly folder: string,
    private readonly from: string,
  ) {
    super();
  }

  async send({ to, subject, text }: Mail): Promise<void> {
    await mkdir(dirname(this.folder), { recursive: true }); // its parents are not only ours
    await mkdir(this.folder, { recursive: true, mode: 0o700 });
    const file = join(this.folder, `${uuidv7()}.eml`);
    const lines = [`From: ${this.from}`, `To: ${to}`, `Subject: ${subject}`, '', text, ''];
    await writeFile(file, lines.join('\n'), { mode: 0o600, flag: 'wx' });
    this.logger.log(`There is no mail server: "${subject}" was written to ${file}. Set SMTP_URL to send mails.`);
  }
}

const TIMEOUT_MS = 10_000;

/** Sends mails by a mail server (SMTP). */
export class SmtpMailTransport extends MailTransport {
  private readonly server;

  /** @param url `smtp://` or `smtps://`, with user and password where the server wants them */
  constructor(
    url: string,
    private readonly from: string,
  ) {
    super();
    const timeouts = { connectionTimeout: TIMEOUT_MS, greetingTimeout: TIMEOUT_MS, socketTimeout: TIMEOUT_MS };
    this.server = createTransport({ url, ...timeouts });
  }

  async send({ to, subject, text }: Mail): Promise<void> {
    await this.server.sendMail({ from: this.from, to, subject, text });
  }

  override close(): void {
    this.server.close();
  }
}

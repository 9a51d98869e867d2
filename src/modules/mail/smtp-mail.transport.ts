import { createTransport } from 'nodemailer';
import { MailTransport, type Mail } from './mail-transport.js';

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
    this.server = createTransport({
      url,
      connectionTimeout: TIMEOUT_MS,
      greetingTimeout: TIMEOUT_MS,
      socketTimeout: TIMEOUT_MS,
    });
  }

  async send({ to, subject, text }: Mail): Promise<void> {
    await this.server.sendMail({ from: this.from, to, subject, text });
  }

  override close(): void {
    this.server.close();
  }
}

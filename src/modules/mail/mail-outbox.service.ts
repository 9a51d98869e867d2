import { Injectable, Logger, type BeforeApplicationShutdown } from '@nestjs/common';
import { errorMessage } from '../../audit/index.js';
import { MailTransport, type Mail } from './mail-transport.js';

/**
 * Sends mails behind the caller's back, so that how long an answer takes does not tell whether somebody got a mail. A
 * mail that cannot be sent is logged, without its text, and not tried again: its receiver asks for another.
 */
@Injectable()
export class MailOutbox implements BeforeApplicationShutdown {
  private readonly logger = new Logger('Mail');
  private readonly sending = new Set<Promise<void>>();

  constructor(private readonly transport: MailTransport) {}

  /** Begins to send a mail. */
  post(mail: Mail): void {
    const sent = this.transport
      .send(mail)
      .catch((error: unknown) => {
        this.logger.error(`Cannot send "${mail.subject}": ${errorMessage(error)}. Check SMTP_URL or MAIL_DIR.`);
      })
      .finally(() => this.sending.delete(sent));
    this.sending.add(sent);
  }

  /** Waits for the mails that are on their way. */
  async beforeApplicationShutdown(): Promise<void> {
    await Promise.all(this.sending);
    this.transport.close();
  }
}

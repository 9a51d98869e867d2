import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Injectable, Logger, Module, type BeforeApplicationShutdown } from '@nestjs/common';
import { uuidv7 } from 'uuidv7';
import { errorMessage } from '../../audit/index.js';
import { AppConfig } from '../../config/index.js';

/** A mail to one person. */
export interface Mail {
  readonly to: string;
  readonly subject: string;
  /** Plain text. It may contain a token, so it must never be logged. */
  readonly text: string;
}

/**
 * Writes each mail to a file that only the application's user can read. It does so in the background, so that the time of an answer does
 * not show whether somebody got a mail. It logs the file's path, but nothing of the text: mails contain tokens, and other people read logs.
 */
@Injectable()
export class MailTransport implements BeforeApplicationShutdown {
  private readonly logger = new Logger('Mail');
  private readonly sending = new Set<Promise<void>>();

  constructor(private readonly config: AppConfig) {}

  /** Starts sending a mail. A mail that cannot be sent is logged, without its text, and not retried: its receiver can ask for another. */
  post(mail: Mail): void {
    const sent = this.send(mail)
      .catch((error: unknown) => {
        this.logger.error(`Cannot send "${mail.subject}": ${errorMessage(error)}. Check MAIL_DIR.`);
      })
      .finally(() => this.sending.delete(sent));
    this.sending.add(sent);
  }

  /** Waits for the mails that are being written. */
  async beforeApplicationShutdown(): Promise<void> {
    await Promise.all(this.sending);
  }

  /** Resolves when the mail is written. */
  async send({ to, subject, text }: Mail): Promise<void> {
    const { MAIL_DIR: folder } = this.config;
    await mkdir(dirname(folder), { recursive: true }); // the parents are not only ours
    await mkdir(folder, { recursive: true, mode: 0o700 });
    const file = join(folder, `${uuidv7()}.eml`);
    await writeFile(file, `To: ${to}\nSubject: ${subject}\n\n${text}\n`, { mode: 0o600, flag: 'wx' });
    this.logger.log(`"${subject}" was written to ${file}.`);
  }
}

/** Provides mails, written to the folder `MAIL_DIR`. */
@Module({ providers: [MailTransport], exports: [MailTransport] })
export class MailModule {}

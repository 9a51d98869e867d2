import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Injectable, Logger, Module, type BeforeApplicationShutdown } from '@nestjs/common';
import { uuidv7 } from 'uuidv7';
import { errorMessage } from '../../audit/nest-free.js';
import { AppConfig } from '../config/index.js';

/** A mail to one person. */
export interface Mail {
  readonly to: string;
  readonly subject: string;
  /** Plain text. The text may contain a token, so it must not be logged. */
  readonly text: string;
}

/**
 * Writes each mail to a file that only the application's user can read. The file is written in the background, so the time of a response
 * does not reveal whether somebody got a mail. The log shows only the file's path, because mails contain tokens and other people read logs.
 */
@Injectable()
export class MailTransport implements BeforeApplicationShutdown {
  private readonly logger = new Logger('Mail');
  private readonly sending = new Set<Promise<void>>();

  constructor(private readonly config: AppConfig) {}

  /**
   * Starts sending a mail when its text is ready. If this fails, logs the failure without the text, and does not retry: the receiver can request
   * another mail.
   */
  post({ text, ...mail }: Omit<Mail, 'text'> & { readonly text: string | Promise<string> }): void {
    const sent = Promise.resolve(text)
      .then((ready) => this.send({ ...mail, text: ready }))
      .catch((error: unknown) => {
        this.logger.error(`Cannot send "${mail.subject}": ${errorMessage(error)}. Check MAIL_DIR.`);
      })
      .finally(() => this.sending.delete(sent));
    this.sending.add(sent);
  }

  /** Waits until all mails are written. */
  async beforeApplicationShutdown(): Promise<void> {
    await Promise.all(this.sending);
  }

  /** Resolves when the mail is written. */
  async send({ to, subject, text }: Mail): Promise<void> {
    const { MAIL_DIR: folder } = this.config;
    await mkdir(dirname(folder), { recursive: true }); // other programs may use the parent folders, so these keep their default mode
    await mkdir(folder, { recursive: true, mode: 0o700 });
    const file = join(folder, `${uuidv7()}.eml`);
    await writeFile(file, `To: ${to}\nSubject: ${subject}\n\n${text}\n`, { mode: 0o600, flag: 'wx' });
    this.logger.log(`"${subject}" was written to ${file}.`);
  }
}

/** Provides the transport that writes mails to the folder `MAIL_DIR`. */
@Module({ providers: [MailTransport], exports: [MailTransport] })
export class MailModule {}

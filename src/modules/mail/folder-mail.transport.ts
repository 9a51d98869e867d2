import { Logger } from '@nestjs/common';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { uuidv7 } from 'uuidv7';
import { MailTransport, type Mail } from './mail-transport.js';

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

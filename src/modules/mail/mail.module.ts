import { Module } from '@nestjs/common';
import { AppConfig } from '../../config/index.js';
import { MailOutbox } from './mail-outbox.service.js';
import { FolderMailTransport, MailTransport, SmtpMailTransport } from './mail-transport.js';

/** Mails: by the mail server of `SMTP_URL`, else to the folder `MAIL_DIR`. Needs the ConfigurationModule. */
@Module({
  providers: [
    {
      provide: MailTransport,
      useFactory: ({ SMTP_URL, MAIL_DIR, MAIL_FROM }: AppConfig): MailTransport =>
        SMTP_URL === undefined
          ? new FolderMailTransport(MAIL_DIR, MAIL_FROM)
          : new SmtpMailTransport(SMTP_URL, MAIL_FROM),
      inject: [AppConfig],
    },
    MailOutbox,
  ],
  exports: [MailOutbox],
})
export class MailModule {}

export { MailModule } from './mail.module.js';
export { MailOutbox } from './mail-outbox.service.js';
export { MailTransport, type Mail } from './mail-transport.js';

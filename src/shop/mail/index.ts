export { MailModule, MailTransport, type Mail } from './mail.module.js';

import { afterEach, describe, expect, it } from '@jest/globals';
import { mkdtemp, readdir, readFile, stat } from 'node:fs/promises';
import { createServer, type AddressInfo, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Test, type TestingModule } from '@nestjs/testing';
import { ConfigurationModule, readConfig } from '../../src/config/index.js';
import { MailModule, MailOutbox } from '../../src/modules/mail/index.js';

const MAIL = { to: 'ada@example.com', subject: 'Reset your password', text: 'nal_ot_secret' };

describe('mails', () => {
  const logged: string[] = [];
  const note = (message: unknown): void => {
    logged.push(String(message));
  };
  let module: TestingModule;
  let server: Server | undefined;

  afterEach(() => {
    server?.close();
    logged.length = 0;
  });

  async function send(environment: Record<string, string>): Promise<void> {
    module = await Test.createTestingModule({
      imports: [ConfigurationModule.forRoot(readConfig(environment)), MailModule],
    })
      .setLogger({ log: note, warn: note, error: note })
      .compile();
    await module.init();
    module.get(MailOutbox).post(MAIL);
    await module.close(); // waits for what is on its way
    expect(logged.join('\n')).not.toContain(MAIL.text);
  }

  it('go to files that only their owner can read when there is no mail server; the log says where', async () => {
    const MAIL_DIR = join(await mkdtemp(join(tmpdir(), 'mails-')), 'made');
    await send({ MAIL_DIR, MAIL_FROM: 'shop@example.com' });
    const [name = ''] = await readdir(MAIL_DIR);
    const file = join(MAIL_DIR, name);
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    await expect(readFile(file, 'utf8')).resolves.toBe(
      'From: shop@example.com\nTo: ada@example.com\nSubject: Reset your password\n\nnal_ot_secret\n',
    );
    expect(logged.join('\n')).toContain(file);
  });

  it('go by the mail server of SMTP_URL', async () => {
    const received = await smtpServer();
    await send({ SMTP_URL: `smtp://127.0.0.1:${received.port}`, MAIL_FROM: 'shop@example.com' });
    expect(received.text()).toMatch(
      /MAIL FROM:<shop@example\.com>[\s\S]*RCPT TO:<ada@example\.com>[\s\S]*nal_ot_secret/,
    );
  });

  it('that cannot be sent are logged, without their text', async () => {
    const { port } = await smtpServer();
    server?.close();
    await send({ SMTP_URL: `smtp://127.0.0.1:${port}` });
    expect(logged.join('\n')).toMatch(/Cannot send "Reset your password".*ECONNREFUSED.*SMTP_URL/);
  });

  /** Just enough of a mail server to be given one mail. */
  async function smtpServer(): Promise<{ port: number; text: () => string }> {
    let text = '';
    server = createServer((socket) => {
      socket.on('error', () => undefined);
      socket.write('220 ready\r\n');
      socket.on('data', (chunk) => {
        const said = chunk.toString();
        text += said;
        if (said.startsWith('DATA')) socket.write('354 continue\r\n');
        else if (said.startsWith('QUIT')) socket.end('221 bye\r\n');
        else if (/^(EHLO|MAIL|RCPT)/.test(said) || text.endsWith('\r\n.\r\n')) socket.write('250 ok\r\n');
      });
    });
    const listening = server;
    await new Promise<void>((resolve) => listening.listen(0, '127.0.0.1', resolve));
    return { port: (listening.address() as AddressInfo).port, text: () => text }; // of a server that listens on a port
  }
});

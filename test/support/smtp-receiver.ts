import type { AddressInfo } from 'node:net';
import { SMTPServer } from 'smtp-server';
import { makeCertificate } from './make-certificate.js';

export interface ReceivedMail {
  readonly isEncrypted: boolean;
  readonly user: string | undefined;
  readonly from: string;
  readonly to: readonly string[];
  /** Names are in lower case, and values are decoded. */
  readonly headers: ReadonlyMap<string, string>;
  readonly text: string;
}

/** A text such as `550 …` is the server's answer; `undefined` accepts. */
type Answering = (about: string) => string | undefined;

export interface SmtpReceiver {
  readonly port: number;
  readonly certificate: string;
  readonly received: readonly ReceivedMail[];
  /** `about` is a receiver's address. */
  answerReceivers(answering: Answering): void;
  /** `about` is a mail's text. */
  answerMails(answering: Answering): void;
  close(): Promise<void>;
}

/** The server accepts the login `audit` with the password `right`, and mails without a login. */
export async function startSmtpReceiver({ offersTls = true } = {}): Promise<SmtpReceiver> {
  const { certificate, key } = makeCertificate('localhost', '127.0.0.1');
  const received: ReceivedMail[] = [];
  let ofReceivers: Answering = () => undefined;
  let ofMails: Answering = () => undefined;
  const server = new SMTPServer({
    ...{ key, cert: certificate, authOptional: true, disabledCommands: offersTls ? [] : ['STARTTLS'] },
    onAuth: ({ username, password }, _session, done) => {
      if (username === 'audit' && password === 'right') done(null, { user: username });
      else done(errorOf(`535 wrong login ${username} ${password}`));
    },
    onRcptTo: ({ address }, _session, done) => {
      done(errorOf(ofReceivers(address)));
    },
    onData: (stream, { secure, user, envelope }, done) => {
      const chunks: Buffer[] = [];
      stream.on('data', (chunk: Buffer) => chunks.push(chunk));
      stream.on('end', () => {
        const { headers, text } = parseMail(Buffer.concat(chunks).toString());
        const error = errorOf(ofMails(text));
        const { mailFrom, rcptTo } = envelope;
        const to = rcptTo.map(({ address }) => address);
        if (!error) received.push({ isEncrypted: secure, user, from: mailFrom.address, to, headers, text });
        done(error);
      });
    },
  });
  server.on('error', () => undefined); // a client that does not trust the certificate breaks the connection off
  await new Promise<void>((listening) => {
    server.listen(0, '127.0.0.1', listening);
  });
  const { port } = server.server.address() as AddressInfo; // it listens on a port
  return {
    port,
    certificate,
    received,
    answerReceivers: (answering) => (ofReceivers = answering),
    answerMails: (answering) => (ofMails = answering),
    close: () =>
      new Promise<void>((closed) => {
        server.close(closed);
      }),
  };
}

function errorOf(answer: string | undefined): Error | null {
  if (answer === undefined) return null;
  return Object.assign(new Error(answer.slice(4)), { responseCode: Number(answer.slice(0, 3)) });
}

function parseMail(mail: string): Pick<ReceivedMail, 'headers' | 'text'> {
  const end = mail.indexOf('\r\n\r\n');
  const lines = mail
    .slice(0, end)
    .replaceAll(/\r\n[ \t]+/g, ' ')
    .split('\r\n');
  const headers = new Map(
    lines.map((line) => [line.slice(0, line.indexOf(':')).toLowerCase(), decoded(line.slice(line.indexOf(':') + 2))]),
  );
  const body = mail.slice(end + 4);
  const encoding = headers.get('content-transfer-encoding');
  if (encoding === 'base64') return { headers, text: Buffer.from(body, 'base64').toString() };
  return { headers, text: (encoding === 'quoted-printable' ? unquoted(body) : body).replaceAll('\r\n', '\n') };
}

/** RFC 2047. */
function decoded(value: string): string {
  return value
    .replaceAll(/\?= =\?/g, '?==?')
    .replaceAll(/=\?utf-8\?(.)\?(.*?)\?=/gi, (_all, how: string, word: string) =>
      how.toUpperCase() === 'B' ? Buffer.from(word, 'base64').toString() : unquoted(word.replaceAll('_', ' ')),
    );
}

function unquoted(text: string): string {
  const joined = text.replaceAll('=\r\n', '');
  return joined.replaceAll(/(?:=[\dA-F]{2})+/gi, (bytes) => Buffer.from(bytes.replaceAll('=', ''), 'hex').toString());
}

import { connect } from 'node:http2';
import type { ListeningApp } from '../http-app.js';

/** What a client got: nothing of it is compared that differs by its time, or that the context adds. */
interface Got {
  readonly status: number | undefined;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly body: string;
  /** How it ended: `end`, or what broke it off. */
  readonly end: string;
}

export type Client = (
  app: ListeningApp,
  method: string,
  path: string,
  onPiece?: (text: string) => void,
) => Promise<Got>;

function comparableHeaders(headers: object): Record<string, unknown> {
  const { date, 'x-request-id': id, ...rest } = headers as Record<string, unknown>;
  return { ...rest, hasDate: date !== undefined && id !== 'never' };
}

const comparableBody = (text: string): string => text.replace(/"timestamp":"[^"]*"/g, '"timestamp":""');

/** Over HTTP/2 without TLS, each request on a connection of its own. */
export const http2Client: Client = ({ url }, method, path, onPiece) =>
  new Promise((resolve) => {
    const session = connect(url);
    session.on('error', () => undefined);
    const stream = session.request({ ':method': method, ':path': path, 'x-version': '1' });
    let headers: Record<string, unknown> = {};
    let body = '';
    let end = 'broken off';
    stream.on('response', (head) => (headers = { ...head }));
    stream.on('data', (piece: Buffer) => {
      body += piece.toString('latin1');
      onPiece?.(body);
    });
    stream.on('end', () => (end = 'end'));
    stream.on('error', (error: NodeJS.ErrnoException) => (end = String(error.code)));
    stream.on('close', () => {
      session.destroy();
      const { ':status': status, ...rest } = headers;
      const got = { headers: comparableHeaders(rest), body: comparableBody(body) };
      resolve({ status: status as number | undefined, ...got, end: `${end} ${stream.rstCode}` });
    });
    stream.end();
  });

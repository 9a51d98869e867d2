import { once } from 'node:events';
import { createServer, type IncomingMessage, type RequestListener, type Server, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { TestCertificate } from './make-certificate.js';

export interface ReceivedRequest {
  readonly method: string;
  readonly url: URL;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

export interface ReceiverResponse {
  readonly status: number;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

export type ReceiverFault = ReceiverResponse | 'hang' | 'reset' | 'endless';

export class HttpReceiver {
  readonly requests: ReceivedRequest[] = [];
  readonly faults: ReceiverFault[] = [];
  private readonly server: Server;

  constructor(
    private readonly answer: (request: ReceivedRequest) => ReceiverResponse,
    private readonly certificate?: TestCertificate,
  ) {
    const listener: RequestListener = (incoming, response) => void this.serve(incoming, response);
    this.server = certificate
      ? createTlsServer({ cert: certificate.certificate, key: certificate.key }, listener)
      : createServer(listener);
  }

  async start(): Promise<this> {
    this.server.listen(0, '127.0.0.1');
    await once(this.server, 'listening');
    return this;
  }

  get url(): string {
    const { port } = this.server.address() as AddressInfo; // it listens at a port
    return this.certificate ? `https://localhost:${port}` : `http://127.0.0.1:${port}`;
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    this.server.close();
    await once(this.server, 'close');
  }

  private async serve(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of incoming as AsyncIterable<Buffer>) chunks.push(chunk);
    const { method = '', headers, url = '/' } = incoming;
    const request = { method, headers, url: new URL(url, this.url), body: Buffer.concat(chunks).toString('utf8') };
    this.requests.push(request);
    const fault = this.faults.shift();
    if (fault === 'hang') return;
    if (fault === 'reset') return void incoming.socket.resetAndDestroy();
    if (fault === 'endless') {
      sendEndless(response);
      return;
    }
    const { status, body = '', headers: given } = fault ?? this.answer(request);
    response.writeHead(status, { 'content-type': 'application/json', ...given });
    response.end(typeof body === 'string' ? body : JSON.stringify(body));
  }
}

function sendEndless(response: ServerResponse): void {
  response.writeHead(200);
  const chunk = Buffer.alloc(1_000_000, 0x20);
  let left = 50;
  const next = (): void => {
    while (left-- > 0 && response.write(chunk));
    if (left < 0) response.end();
  };
  response.on('drain', next).on('error', () => undefined);
  next();
}

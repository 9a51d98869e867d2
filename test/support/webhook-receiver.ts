import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { Webhook } from 'standardwebhooks';
import type { StreamBatch } from '../../src/extensions/streams/stream-destination.js';
import { freePort } from './free-port.js';

export interface ReceivedBatch {
  readonly batch: StreamBatch;
  readonly body: string;
  /** `undefined` if the receiver never answered. */
  readonly status: number | undefined;
}

export type Answering = (
  batch: StreamBatch,
  response: ServerResponse,
  request: IncomingMessage,
) => number | 'own' | Promise<number | 'own'>;

/** The reference library of Standard Webhooks verifies each request. */
export interface WebhookReceiver {
  readonly url: string;
  readonly destination: {
    readonly type: 'webhook';
    readonly url: string;
    readonly secrets: [string];
    readonly allowPrivateAddresses: true;
  };
  readonly received: readonly ReceivedBatch[];
  readonly unverified: readonly string[];
  answerBy(answering: Answering): void;
  dropAmid(requests: number): void;
  dropped(): number;
  accepted(): readonly StreamBatch[];
  /** Forgets all batches but the first `count`. */
  forgetAfter(count: number): void;
  leave(): Promise<void>;
  comeBack(): Promise<void>;
  close(): Promise<void>;
}

export function webhookSecret(): string {
  return `whsec_${randomBytes(32).toString('base64')}`;
}

export async function startWebhookReceiver(secret = webhookSecret()): Promise<WebhookReceiver> {
  const received: ReceivedBatch[] = [];
  const unverified: string[] = [];
  const reference = new Webhook(secret);
  let answering: Answering = () => 204;
  let [toDrop, dropped] = [0, 0];
  const server = createServer((request, response) => {
    if (toDrop > 0) {
      toDrop -= 1;
      dropped += 1;
      request.once('data', () => request.socket.destroy());
      return;
    }
    void readBody(request).then(async (body) => {
      try {
        reference.verify(body, request.headers as Record<string, string>);
      } catch {
        unverified.push(body);
        response.writeHead(401).end();
        return;
      }
      const batch = JSON.parse(body) as StreamBatch;
      const answer = await answering(batch, response, request);
      received.push({ batch, body, status: answer === 'own' ? undefined : answer });
      if (answer !== 'own') response.writeHead(answer).end();
    });
  });
  const port = await freePort();
  const listen = async (): Promise<void> => {
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
  };
  const leave = async (): Promise<void> => {
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
  };
  await listen();
  const url = `http://127.0.0.1:${port}/audit`;
  return {
    url,
    destination: { type: 'webhook', url, secrets: [secret], allowPrivateAddresses: true },
    received,
    unverified,
    dropAmid: (requests) => {
      toDrop = requests;
    },
    dropped: () => dropped,
    answerBy: (next) => (answering = next),
    accepted: () => received.filter(({ status = 0 }) => status >= 200 && status < 300).map(({ batch }) => batch),
    forgetAfter: (count) => {
      received.splice(count);
      unverified.splice(0);
    },
    leave,
    comeBack: listen,
    close: leave,
  };
}

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
  return Buffer.concat(chunks).toString('utf8');
}

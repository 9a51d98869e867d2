import type { Answering, WebhookReceiver } from './webhook-receiver.js';

/** How a receiver treats a batch that it does not take in order. */
export const RECEIVER_WAYS = [
  'drops the first half',
  'answers 500',
  'answers 429 with Retry-After',
  'answers 410',
  'hangs',
  'keeps the batch and resets the connection',
] as const;

export type ReceiverWay = (typeof RECEIVER_WAYS)[number];

const ANSWERS: Readonly<Record<ReceiverWay, Answering>> = {
  'drops the first half': () => 503, // what is sent after the dropped connections
  'answers 500': () => 500,
  'answers 429 with Retry-After': (_batch, response) => {
    response.writeHead(429, { 'retry-after': '1' }).end();
    return 'own';
  },
  'answers 410': () => 410,
  hangs: () => 'own',
  'keeps the batch and resets the connection': (_batch, response) => {
    response.destroy();
    return 200;
  },
};

/** Has the receiver treat every batch so, until it answers by something else. The connections of two batches are dropped amid them. */
export function treatBy(receiver: WebhookReceiver, way: ReceiverWay): void {
  if (way === 'drops the first half') receiver.dropAmid(2);
  receiver.answerBy(ANSWERS[way]);
}

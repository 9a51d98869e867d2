import { createHmac } from 'node:crypto';

const PREFIX = 'whsec_';

/** The bytes of a Standard Webhooks secret, `whsec_` and base64 of 24 to 64 bytes; `undefined` for anything else. */
export function keyOfSecret(secret: unknown): Buffer | undefined {
  if (typeof secret !== 'string') return undefined;
  const text = secret.startsWith(PREFIX) ? secret.slice(PREFIX.length) : secret;
  const key = Buffer.from(text, 'base64');
  const isWhole = key.toString('base64').replace(/=+$/, '') === text.replace(/=+$/, '');
  return isWhole && key.length >= 24 && key.length <= 64 ? key : undefined;
}

/** The signed parts of a message. */
export interface SignedMessage {
  readonly id: string;
  /** A text is signed as UTF-8. */
  readonly body: string | Buffer;
  readonly at: Date;
}

/**
 * The headers of a message by Standard Webhooks 1.0.0: one signature (`v1`, HMAC-SHA-256) for each secret, so that during a rotation, a
 * receiver that knows either secret accepts it.
 */
export function standardHeaders({ id, body, at }: SignedMessage, secrets: readonly string[]): Record<string, string> {
  const timestamp = String(Math.floor(at.getTime() / 1_000));
  const signatures = secrets.flatMap((secret) => {
    const key = keyOfSecret(secret);
    return key ? [`v1,${createHmac('sha256', key).update(`${id}.${timestamp}.`).update(body).digest('base64')}`] : [];
  });
  return { 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': signatures.join(' ') };
}

import { createHmac } from 'node:crypto';
import { z } from 'zod';
import { listOption, enumOption, type RawOptions } from '../../../audit/option-schemas.js';
import { formatBatch } from '../signed-batch.js';
import { canonicalLine } from '../formats/line-text.js';
import { JSON_FORMATS, formatBatchObject } from '../formats/stream-format.js';
import { listEntries } from '../stream-destination.js';
import { defineDestination, type PackageDestination } from '../define-destination.js';
import { HttpSender } from './http-sender.js';
import { HEADERS, HTTP, requireHttps, NETWORK, type HttpOptions } from './option-schemas.js';

const WEBHOOK_FORMATS = ['batch', ...JSON_FORMATS] as const;

const PREFIX = 'whsec_';
const CLOUD_EVENTS_TYPE = 'application/cloudevents-batch+json; charset=UTF-8';

const NO_SECRETS = 'must be one or two texts: each is whsec_ and the base64 of 24 to 64 random bytes';

const OPTIONS = {
  /** One secret, or two during a rotation. A secret is `whsec_` and the base64 of 24 to 64 random bytes. */
  secrets: listOption(NO_SECRETS).refine(
    (all) => all.length >= 1 && all.length <= 2 && all.every((each) => parseSecretKey(each)),
    NO_SECRETS,
  ),
  /** Additional headers of each request, for example for authorization. Set this when a gateway in front of the receiver asks for a token. */
  headers: HEADERS.optional(),
  /**
   * The format of the body: the batch, or a JSON array of its events. `cloudevents` is the batched mode of CloudEvents. Set this when the
   * receiver expects plain events, or CloudEvents as Knative does.
   */
  format: enumOption(WEBHOOK_FORMATS).default('batch'),
};

/**
 * A server that receives each batch as a POST request, signed as Standard Webhooks requires.
 *
 * @title Webhook
 * @remarks
 * Requests are signed as [Standard Webhooks](https://www.standardwebhooks.com) requires; verify them with its library. Make a secret with `echo
 * "whsec_$(openssl rand -base64 32)"`. To rotate, list the old and the new one. Redirects are not followed.
 */
export interface WebhookDestinationOptions extends RawOptions<typeof OPTIONS>, HttpOptions {
  readonly type: 'webhook';
}

/** Posts each batch as canonical JSON. */
export const webhook: PackageDestination<WebhookDestinationOptions> = defineDestination({
  type: 'webhook',
  options: z.object({ ...HTTP, ...OPTIONS, ...NETWORK }).refine(...requireHttps('url')),
  secrets: ['secrets', 'headers'],
  describe: ({ url }) => `webhook ${new URL(url).origin}`,
  acknowledgment: 'received',
  create: ({ secrets, headers = {}, format, ...options }, source) =>
    new HttpSender(options, {
      maxResponseBytes: 65_536,
      sendsBatches: format === 'batch',
      buildHeaders: ({ id }, body) => ({
        ...headers,
        'content-type': format === 'cloudevents' ? CLOUD_EVENTS_TYPE : 'application/json',
        ...buildStandardHeaders({ id, body, at: new Date() }, secrets),
      }),
      buildBodies: (batch) =>
        format === 'batch'
          ? [formatBatch(batch)]
          : [canonicalLine(listEntries(batch).map((entry) => formatBatchObject(format, entry, batch, source)))],
    }),
});

function parseSecretKey(secret: string): Buffer | undefined {
  const text = secret.startsWith(PREFIX) ? secret.slice(PREFIX.length) : secret;
  const key = Buffer.from(text, 'base64');
  const isComplete = key.toString('base64').replace(/(?<!=)=+$/, '') === text.replace(/(?<!=)=+$/, '');
  return isComplete && key.length >= 24 && key.length <= 64 ? key : undefined;
}

interface SignedMessage {
  readonly id: string;
  readonly body: string | Buffer;
  readonly at: Date;
}

/**
 * Makes the headers of Standard Webhooks 1.0.0, with one signature (`v1`, HMAC-SHA-256) for each secret. During a rotation, a receiver can
 * verify with either secret.
 */
export function buildStandardHeaders(
  { id, body, at }: SignedMessage,
  secrets: readonly string[],
): Record<string, string> {
  const timestamp = String(Math.floor(at.getTime() / 1_000));
  const signatures = secrets.flatMap((secret) => {
    const key = parseSecretKey(secret);
    return key ? [`v1,${createHmac('sha256', key).update(`${id}.${timestamp}.`).update(body).digest('base64')}`] : [];
  });
  return { 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': signatures.join(' ') };
}

import { z } from 'zod';
import { pairOption, TEXT, type RawOptions } from '../../../audit/option-schemas.js';
import { parseJson } from '../../../audit/nest-free.js';
import { canonicalLine } from '../formats/line-text.js';
import { formatBatchObject } from '../formats/stream-format.js';
import { listEntries, type StreamResult, type StreamBatch } from '../stream-destination.js';
import { defineDestination, type PackageDestination } from '../define-destination.js';
import { HttpSender } from './http-sender.js';
import { HTTP, requireHttps, NETWORK, type HttpOptions } from './option-schemas.js';

const OPTIONS = {
  /** The index or the data stream. */
  index: TEXT,
  /** An encoded API key with the privilege `create_doc`. Set this when your cluster has API keys, as Elasticsearch does. */
  apiKey: TEXT.optional(),
  /** A user name, instead of an API key. Set `password`, too. Set this when your cluster lacks API keys, as many installations of OpenSearch do. */
  username: z.string().optional(),
  /** The password of `username`. Set this when you set `username`. */
  password: z.string().optional(),
};

/**
 * Elasticsearch or OpenSearch. Each event becomes one document in the Elastic Common Schema, with the event's id as `_id`.
 *
 * @title Elasticsearch and OpenSearch
 * @remarks
 * `{ type: 'elastic', url, index: 'logs-audit-default', apiKey }`, with the privilege `create_doc`; for OpenSearch, `username` and `password`. Give
 * `audit_ledger.details`, `.changes` and `.metadata` the type `flattened` (`flat_object`). A retry adds nothing until a data stream rolls over.
 * Rejected documents are parked.
 */
export interface ElasticDestinationOptions extends RawOptions<typeof OPTIONS>, HttpOptions {
  readonly type: 'elastic';
}

/** Limits the answer to the fields that {@link parseBulkResult} reads. */
const FILTER = 'errors,items.*._id,items.*.status,items.*.error.type,items.*.error.reason';
const CONFLICT = 409;
const TOO_MANY = 429;

interface BulkItem {
  readonly _id?: string;
  readonly status?: number;
  readonly error?: { readonly type?: string; readonly reason?: string };
}

/** Posts to `_bulk`. A document that already exists counts as accepted, so a retry adds nothing. */
export const elastic: PackageDestination<ElasticDestinationOptions> = defineDestination({
  type: 'elastic',
  options: z
    .object({ ...HTTP, ...OPTIONS, ...NETWORK })
    .refine(...pairOption('username', 'password'))
    .refine(...requireHttps('url')),
  secrets: ['apiKey', 'password'],
  describe: ({ url, index }) => `elastic ${new URL(url).origin} ${index}`,
  acknowledgment: 'stored',
  create: ({ apiKey, username, password = '', ...options }, source) =>
    new HttpSender(options, {
      path: `${encodeURIComponent(options.index)}/_bulk?filter_path=${FILTER}`,
      buildHeaders: () => ({
        'content-type': 'application/x-ndjson',
        ...(username !== undefined && {
          authorization: `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`,
        }),
        ...(apiKey !== undefined && { authorization: `ApiKey ${apiKey}` }),
      }),
      buildBodies: (batch) => {
        const lines = listEntries(batch).map((entry) => {
          const document = formatBatchObject('ecs', entry, batch, source);
          return `${canonicalLine({ create: { _id: entry.id } })}\n${canonicalLine(document)}\n`;
        });
        return [lines.join('')];
      },
      parseResponse: ({ isSuccess, body }, batch) => (isSuccess ? parseBulkResult(body, batch) : undefined),
    }),
});

/** The answer names refused documents; if all errors are temporary, the stream retries the batch. */
function parseBulkResult(body: string, batch: StreamBatch): StreamResult {
  const { errors, items = [] } = parseJson(body) as {
    readonly errors?: boolean;
    readonly items?: readonly { readonly create?: BulkItem }[];
  };
  if (errors === false) return { outcome: 'accepted' };
  const failed = items
    .map(({ create = {} }) => create)
    .filter(({ status = 500 }) => status >= 300 && status !== CONFLICT);
  if (failed.length === 0 && items.length === listEntries(batch).length) return { outcome: 'accepted' };
  const known = new Set(batch.events.map(({ id }) => id));
  const refused = failed.filter(({ status = 500, _id = '' }) => status < 500 && status !== TOO_MANY && known.has(_id));
  const [first = failed[0]] = refused;
  const { type = 'an unexpected answer to _bulk', reason = '' } = first?.error ?? {};
  const seen = `${first?.status ?? ''} ${type}: ${reason}`.trim();
  if (refused.length === 0) return { outcome: 'retry', reason: seen };
  return { outcome: 'refused', reason: seen, events: refused.flatMap(({ _id }) => (_id === undefined ? [] : [_id])) };
}

import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import { Readable } from 'node:stream';
import { z } from 'zod';
import type * as Aws from '@aws-sdk/client-s3';
import { pairOption, TEXT, wholeNumber, enumOption, type RawOptions } from '../../../audit/option-schemas.js';
import { getErrorMessage } from '../../../audit/nest-free.js';
import { omitUndefined } from '../../../monitoring/read/export/formats/ocsf-class.js';
import { defineDestination, type PackageDestination } from '../define-destination.js';
import { type FormatSource, canonicalLine } from '../formats/line-text.js';
import { formatLine, STREAM_FORMATS } from '../formats/stream-format.js';
import { listEntries, type StreamResult, type StreamBatch, type StreamDestination } from '../stream-destination.js';
import { AddressGuard, attemptWithTimeout, limited, loadClient } from './network.js';
import { requireHttps, NETWORK, type NetworkOptions } from './option-schemas.js';

type S3Object = Aws.PutObjectCommandInput & { readonly Body: Buffer };

interface S3Failure {
  readonly name?: string;
  readonly $metadata?: { readonly httpStatusCode?: number };
}

const OPTIONS = {
  /** The name of the bucket. */
  bucket: TEXT,
  /** The region of the bucket, such as `eu-central-1`. */
  region: TEXT,
  /** The prefix of the keys, such as `audit/`. Set this when the bucket also holds other objects. */
  prefix: z.string().default(''),
  /**
   * The URL of a server other than AWS: `https:`, or `http:` with `allowPrivateAddresses`. The path of each request names the bucket. Set this
   * when the bucket is on MinIO, Ceph, Cloudflare R2 or a similar server.
   */
  endpoint: z.string().optional(),
  /**
   * The id of an access key. Set `secretAccessKey`, too. Default: the credentials that the AWS SDK finds. Set this when the server is not AWS,
   * or the application has another role than the bucket needs.
   */
  accessKeyId: z.string().optional(),
  /** The secret of `accessKeyId`. Set this when you set `accessKeyId`. */
  secretAccessKey: z.string().optional(),
  /** The format of each line in an object. Set this when the tool that reads the bucket expects OCSF, ECS or CEF. */
  format: enumOption(STREAM_FORMATS).default('json'),
  /**
   * Protects each object with S3 Object Lock against deletion and overwriting for `days` days. Enable Object Lock in the bucket. Set this when
   * a regulation asks for storage that cannot be rewritten, as SEC rule 17a-4 does.
   * @remarks effective for objects that are written after the change
   */
  lock: z
    .object({ mode: enumOption(['GOVERNANCE', 'COMPLIANCE']), days: wholeNumber(1, 36_500) })
    .readonly()
    .optional(),
  /**
   * The milliseconds within which one object must be written: 100 to 300,000. Set this when the connection to the bucket is slow, for example
   * to another continent.
   */
  timeoutMs: wholeNumber(100, 300_000).default(60_000),
};

/**
 * A bucket of S3 or of a compatible server. The bucket gets one object for each batch. Install `@aws-sdk/client-s3`.
 *
 * @title S3
 * @remarks
 * `{ type: 's3', bucket, region, prefix: 'ledger/', lock: { mode: 'COMPLIANCE', days: 400 } }`. Run `npm install @aws-sdk/client-s3`, create the
 * bucket with Object Lock, and grant `s3:PutObject` (and `s3:PutObjectRetention`). Each batch is an object, written once: raise `batch` for fewer.
 * Another server must support `If-None-Match` for writes.
 */
export interface S3DestinationOptions extends RawOptions<typeof OPTIONS>, Omit<NetworkOptions, 'timeoutMs'> {
  readonly type: 's3';
}

const SCHEMA = z
  .object({ ...NETWORK, ...OPTIONS })
  .refine(...pairOption('accessKeyId', 'secretAccessKey'))
  .refine(...requireHttps('endpoint'));

const DAY_MS = 86_400_000;
const INDEX_DIGITS = 16;
const PRECONDITION_FAILED = 412;
/** S3 answers with an empty body, or with an error of a few lines. */
const MAX_RESPONSE_BYTES = 65_536;

/** Writes each batch as one object of lines. The object's key contains the batch's id, so a retry cannot store the batch as a second object. */
class S3Destination implements StreamDestination {
  readonly sendsBatches = true;
  private readonly guard: AddressGuard;
  private client: Aws.S3Client | undefined;

  constructor(
    private readonly options: z.output<typeof SCHEMA>,
    private readonly source: FormatSource,
  ) {
    this.guard = new AddressGuard(options);
  }

  async send(batch: StreamBatch, signal: AbortSignal): Promise<StreamResult> {
    const aws = await loadClient<typeof Aws>('@aws-sdk/client-s3', 's3');
    const { timeoutMs, endpoint } = this.options;
    return attemptWithTimeout(timeoutMs, signal, async (abortSignal) => {
      if (endpoint !== undefined) this.guard.check(new URL(endpoint).hostname);
      const client = (this.client ??= this.connect(aws));
      const command = new aws.PutObjectCommand(this.toObject(batch));
      return client.send(command, { abortSignal }).then(() => ({ outcome: 'accepted' }), toFailureResult);
    });
  }

  close(): Promise<void> {
    this.client?.destroy();
    this.client = undefined;
    return Promise.resolve();
  }

  private connect({ S3Client }: typeof Aws): Aws.S3Client {
    const client = new S3Client(this.settings());
    // The limit applies before the SDK parses the answer.
    client.middlewareStack.add(limitResponse(MAX_RESPONSE_BYTES), {
      step: 'deserialize',
      priority: 'low',
      name: 'limit',
    });
    return client;
  }

  private toObject(batch: StreamBatch): S3Object {
    const { bucket, prefix, format, lock } = this.options;
    const facts = { ...batch, events: undefined, gaps: undefined };
    const lines = [
      canonicalLine({ batch: omitUndefined(facts) }),
      ...listEntries(batch).map((entry) => formatLine(format, entry, this.source)),
    ];
    return {
      Bucket: bucket,
      Key: `${prefix}${formatObjectKey(batch)}`,
      Body: Buffer.from(lines.map((line) => `${line}\n`).join('')),
      ContentType: 'application/x-ndjson',
      IfNoneMatch: '*',
      ...(lock
        ? { ObjectLockMode: lock.mode, ObjectLockRetainUntilDate: new Date(Date.now() + lock.days * DAY_MS) }
        : {}),
    };
  }

  private settings(): Aws.S3ClientConfig {
    const { region, endpoint, accessKeyId, secretAccessKey = '', ca } = this.options;
    const agent = { keepAlive: true, lookup: this.guard.lookup };
    return {
      region,
      maxAttempts: 1, // the stream retries
      requestHandler: { httpAgent: new HttpAgent(agent), httpsAgent: new HttpsAgent({ ...agent, ca }) },
      ...(endpoint === undefined ? {} : { endpoint, forcePathStyle: true }),
      ...(accessKeyId === undefined ? {} : { credentials: { accessKeyId, secretAccessKey } }),
    };
  }
}

/** An existing object counts as accepted, because the object's key has the batch's id. */
function toFailureResult(error: unknown): StreamResult {
  const { name = 'Error', $metadata } = Object(error) as S3Failure; // any value may be thrown
  const status = $metadata?.httpStatusCode ?? 0;
  if (status === PRECONDITION_FAILED) return { outcome: 'accepted' };
  const seen = `${name}: ${getErrorMessage(error)}`;
  if (status < 300 || status >= 400) return { outcome: 'retry', reason: seen };
  return { outcome: 'retry', reason: `it answered ${status}, a redirect, which is not followed: ${seen}` };
}

/** In alphabetical order, the keys of the objects have the order of the batches' ranges. */
function formatObjectKey({ stream, first, last, id }: StreamBatch): string {
  const [from, to] = [first, last].map((index) => String(index).padStart(INDEX_DIGITS, '0'));
  return `${stream}/${from}-${to}-${id}.jsonl`;
}

export const s3: PackageDestination<S3DestinationOptions> = defineDestination({
  type: 's3',
  options: SCHEMA,
  secrets: ['secretAccessKey'],
  describe: ({ bucket, prefix }) => `s3 ${bucket}/${prefix}`,
  acknowledgment: 'stored',
  create: (options, source) => new S3Destination(options, source),
});

type Handler<Given, Result> = (input: Given) => Promise<Result>;

/** The AWS SDK itself would read an answer of any size into memory. */
function limitResponse(maxBytes: number) {
  return <Given, Result extends { readonly response: unknown }>(next: Handler<Given, Result>): Handler<Given, Result> =>
    async (args) => {
      const result = await next(args);
      const response = result.response as { body?: Readable }; // the SDK's handler for Node.js returns this type
      if (response.body) response.body = Readable.from(limited(response.body, maxBytes), { objectMode: false });
      return result;
    };
}

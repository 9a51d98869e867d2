import { z } from 'zod';
import { given } from '../../../monitoring/read/export/formats/ocsf-attributes.js';
import { describeEvent, PRODUCT } from '../formats/format-source.js';
import { defineDestination } from '../define-destination.js';
import { canonicalLine } from '../formats/line-text.js';
import { batchFacts, objectOf } from '../formats/stream-format.js';
import { entriesOf } from '../formats/streamed-entries.js';
import { groupWithin } from './group-within.js';
import { HttpSender } from './http-sender.js';
import type { NetworkOptions } from './network.js';
import { httpsIn, NETWORK, TEXT, URL_TEXT, wordOf } from './option-schemas.js';

const DATADOG_FORMATS = ['json', 'ocsf'] as const;

/** Datadog's intake of logs. */
export interface DatadogDestinationOptions extends NetworkOptions {
  readonly type: 'datadog';
  /** The URL of your site's intake. @defaultValue 'https://http-intake.logs.datadoghq.com' */
  readonly url?: string;
  /** An API key of your organization. */
  readonly apiKey: string;
  /** The attribute `service` of each log. Default: the ledger's origin. */
  readonly service?: string;
  /** Tags, such as `env:production,team:security`. */
  readonly tags?: string;
  /** The format of the attribute `audit`. @defaultValue 'json' */
  readonly format?: (typeof DATADOG_FORMATS)[number];
}

const URL_OF_US1 = 'https://http-intake.logs.datadoghq.com';
/** Datadog accepts at most 1,000 entries and 5 MB in one request. */
const LIMITS = { most: 1_000, mostBytes: 4_500_000 };

/** Posts a batch in one or more requests, within Datadog's limits. */
export const datadog = defineDestination({
  type: 'datadog',
  options: z
    .object({
      ...{
        url: URL_TEXT.default(URL_OF_US1),
        apiKey: TEXT,
        service: z.string().optional(),
        tags: z.string().optional(),
      },
      ...{ format: wordOf(DATADOG_FORMATS).default('json'), ...NETWORK },
    })
    .refine(...httpsIn('url')),
  secrets: ['apiKey'],
  describe: ({ url }) => `datadog ${new URL(url).host}`,
  acknowledgement: 'received',
  create: ({ apiKey, format, tags, ...options }, source) => {
    const { origin } = source;
    const { service = origin } = options;
    return new HttpSender(options, {
      path: 'api/v2/logs',
      secretHeaders: ['dd-api-key'],
      headersOf: () => ({ 'content-type': 'application/json', 'dd-api-key': apiKey }),
      bodiesOf: (batch) => {
        const logs = entriesOf(batch).map((entry) => {
          const { event, id, index } = entry;
          const { method, statusCode, userAgent, ip } = event.request ?? {};
          return canonicalLine(
            given({
              ddsource: PRODUCT,
              ddtags: tags,
              hostname: origin.split('/', 1)[0],
              service,
              timestamp: event.occurredAt,
              status: event.severity,
              message: describeEvent(event),
              usr: given({ id: event.actor.id, name: event.actor.name }),
              network: { client: given({ ip }) },
              http: given({ method, status_code: statusCode, useragent: userAgent }),
              evt: { id, name: event.type, category: event.category, outcome: event.outcome },
              sequence: index,
              audit: objectOf(format, entry, source),
              batch: batchFacts(batch, entry),
            }),
          );
        });
        return groupWithin(logs, (log) => Buffer.byteLength(log) + 1, LIMITS).map((group) => `[${group.join(',')}]`);
      },
    });
  },
});

import { z } from 'zod';
import { TEXT, wordOf, type Given } from '../../../audit/option-schemas.js';
import { given } from '../../../monitoring/read/export/formats/ocsf-class.js';
import { describeEvent, PRODUCT, canonicalLine } from '../formats/line-text.js';
import { defineDestination, type PackageDestination } from '../define-destination.js';
import { batchFacts, objectOf } from '../formats/stream-format.js';
import { entriesOf } from '../stream-destination.js';
import { HttpSender } from './http-sender.js';
import { httpsIn, NETWORK, URL_TEXT, type NetworkOptions } from './option-schemas.js';

const DATADOG_FORMATS = ['json', 'ocsf'] as const;

const OPTIONS = {
  /** The URL of your site's intake. Set this when your organization is not on the site US1: `https://http-intake.logs.datadoghq.eu`. */
  url: URL_TEXT.default('https://http-intake.logs.datadoghq.com'),
  /** An API key of your organization. */
  apiKey: TEXT,
  /**
   * The attribute `service` of each log. Default: the ledger's origin. Set this when your monitors and dashboards know the application by
   * another name.
   */
  service: z.string().optional(),
  /** Tags, such as `env:production,team:security`. Set this when several environments send to one organization. */
  tags: z.string().optional(),
  /** The format of the attribute `audit`. Set this when your detection rules expect OCSF. */
  format: wordOf(DATADOG_FORMATS).default('json'),
};

/**
 * Datadog's intake of logs.
 *
 * @title Datadog
 * @remarks
 * `{ type: 'datadog', url: 'https://http-intake.logs.datadoghq.eu', apiKey, tags }`. Datadog drops logs older than 18 hours without an error: begin
 * with `from: 'now'`, and alert on the lag. It truncates logs beyond 1 MB.
 */
export interface DatadogDestinationOptions extends Given<typeof OPTIONS>, NetworkOptions {
  readonly type: 'datadog';
}

/** Datadog accepts at most 1,000 entries and 5 MB in one request. */
const LIMITS = { most: 1_000, mostBytes: 4_500_000 };

/** Posts a batch in one or more requests, within Datadog's limits. */
export const datadog: PackageDestination<DatadogDestinationOptions> = defineDestination({
  type: 'datadog',
  options: z.object({ ...OPTIONS, ...NETWORK }).refine(...httpsIn('url')),
  secrets: ['apiKey'],
  describe: ({ url }) => `datadog ${new URL(url).host}`,
  acknowledgement: 'received',
  create: ({ apiKey, format, tags, ...options }, source) => {
    const { origin } = source;
    const { service = origin } = options;
    return new HttpSender(options, {
      path: 'api/v2/logs',
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

interface GroupLimits {
  readonly mostBytes: number;
  /** @defaultValue no limit */
  readonly most?: number;
}

/** Groups items in order, and puts as many items into a group as the limits allow. An item that is too large gets its own group. */
function groupWithin<Item>(
  items: readonly Item[],
  bytesOf: (item: Item) => number,
  { mostBytes, most = Infinity }: GroupLimits,
): Item[][] {
  const groups: Item[][] = [];
  let bytes = Infinity;
  for (const item of items) {
    const size = bytesOf(item);
    const last = groups.at(-1);
    if (last && last.length < most && bytes + size <= mostBytes) {
      last.push(item);
      bytes += size;
    } else {
      groups.push([item]);
      bytes = size;
    }
  }
  return groups;
}

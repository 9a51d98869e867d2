import { z } from 'zod';
import { TEXT, enumOption, type RawOptions } from '../../../audit/option-schemas.js';
import { omitUndefined } from '../../../monitoring/read/export/formats/ocsf-class.js';
import { describeEvent, PRODUCT, canonicalLine } from '../formats/line-text.js';
import { defineDestination, type PackageDestination } from '../define-destination.js';
import { getBatchFacts, formatObject } from '../formats/stream-format.js';
import { listEntries } from '../stream-destination.js';
import { HttpSender } from './http-sender.js';
import { requireHttps, NETWORK, URL_TEXT, type NetworkOptions } from './option-schemas.js';

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
  format: enumOption(DATADOG_FORMATS).default('json'),
};

/**
 * Datadog's intake of logs.
 *
 * @title Datadog
 * @remarks
 * `{ type: 'datadog', url: 'https://http-intake.logs.datadoghq.eu', apiKey, tags }`. Datadog drops logs older than 18 hours without an error: begin
 * with `from: 'now'`, and alert on the lag. It truncates logs beyond 1 MB.
 */
export interface DatadogDestinationOptions extends RawOptions<typeof OPTIONS>, NetworkOptions {
  readonly type: 'datadog';
}

/** Datadog accepts at most 1,000 entries and 5 MB in one request. */
const LIMITS = { maxItems: 1_000, maxBytes: 4_500_000 };

/** Posts a batch in one or more requests, within Datadog's limits. */
export const datadog: PackageDestination<DatadogDestinationOptions> = defineDestination({
  type: 'datadog',
  options: z.object({ ...OPTIONS, ...NETWORK }).refine(...requireHttps('url')),
  secrets: ['apiKey'],
  describe: ({ url }) => `datadog ${new URL(url).host}`,
  acknowledgment: 'received',
  create: ({ apiKey, format, tags, ...options }, source) => {
    const { origin } = source;
    const { service = origin } = options;
    return new HttpSender(options, {
      path: 'api/v2/logs',
      buildHeaders: () => ({ 'content-type': 'application/json', 'dd-api-key': apiKey }),
      buildBodies: (batch) => {
        const logs = listEntries(batch).map((entry) => {
          const { event, id, index } = entry;
          const { method, statusCode, userAgent, ip } = event.request ?? {};
          return canonicalLine(
            omitUndefined({
              ddsource: PRODUCT,
              ddtags: tags,
              hostname: origin.split('/', 1)[0],
              service,
              timestamp: event.occurredAt,
              status: event.severity,
              message: describeEvent(event),
              usr: omitUndefined({ id: event.actor.id, name: event.actor.name }),
              network: { client: omitUndefined({ ip }) },
              http: omitUndefined({ method, status_code: statusCode, useragent: userAgent }),
              evt: { id, name: event.type, category: event.category, outcome: event.outcome },
              sequence: index,
              audit: formatObject(format, entry, source),
              batch: getBatchFacts(batch, entry),
            }),
          );
        });
        return groupByLimits(logs, (log) => Buffer.byteLength(log) + 1, LIMITS).map((group) => `[${group.join(',')}]`);
      },
    });
  },
});

interface GroupLimits {
  readonly maxBytes: number;
  /** @defaultValue no limit */
  readonly maxItems?: number;
}

/** Groups items in order, and puts as many items into a group as the limits allow. An item that is too large gets its own group. */
function groupByLimits<Item>(
  items: readonly Item[],
  measureBytes: (item: Item) => number,
  { maxBytes, maxItems = Infinity }: GroupLimits,
): Item[][] {
  const groups: Item[][] = [];
  let bytes = Infinity;
  for (const item of items) {
    const size = measureBytes(item);
    const last = groups.at(-1);
    if (last && last.length < maxItems && bytes + size <= maxBytes) {
      last.push(item);
      bytes += size;
    } else {
      groups.push([item]);
      bytes = size;
    }
  }
  return groups;
}

import { given } from '../../../monitoring/read/export/formats/ocsf-attributes.js';
import { describeEvent, PRODUCT } from '../formats/format-source.js';
import type { DestinationType, StreamBatch, StreamedEvent } from '../stream-destination.js';
import { canonicalLine } from '../formats/line-text.js';
import { batchFacts, objectOf } from '../formats/stream-format.js';
import { entriesOf } from '../formats/streamed-entries.js';
import { groupWithin } from './group-within.js';
import { HttpDestination, problemsOfHttp, type HttpOptions } from './http.destination.js';
import { NETWORK_NAMES, type NetworkOptions } from './network.js';
import { problemsOfText, problemsOfWord } from '../../../monitoring/store/connections/option-problems.js';

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
export class DatadogDestination extends HttpDestination<DatadogDestinationOptions & HttpOptions> {
  protected override readonly path = 'api/v2/logs';
  protected readonly secretHeaders = ['dd-api-key'];

  protected headersOf(): Readonly<Record<string, string>> {
    return { 'content-type': 'application/json', 'dd-api-key': this.options.apiKey };
  }

  protected bodiesOf(batch: StreamBatch): readonly string[] {
    const logs = entriesOf(batch).map((entry) => this.logOf(entry, batch));
    return groupWithin(logs, (log) => Buffer.byteLength(log) + 1, LIMITS).map((group) => `[${group.join(',')}]`);
  }

  private logOf(entry: StreamedEvent, batch: StreamBatch): string {
    const { event, id, index } = entry;
    const { origin } = this.source;
    const { service = origin, tags, format = 'json' } = this.options;
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
        audit: objectOf(format, entry, this.source),
        batch: batchFacts(batch, entry),
      }),
    );
  }
}

export const DATADOG_DESTINATION: DestinationType<DatadogDestinationOptions> = {
  names: { type: true, url: true, apiKey: 'secret', service: true, tags: true, format: true, ...NETWORK_NAMES },
  problems: ({ url = URL_OF_US1, apiKey, format, ...network }) => [
    ...problemsOfText('apiKey', apiKey),
    ...problemsOfWord('format', format, DATADOG_FORMATS),
    ...problemsOfHttp({ url, ...network }),
  ],
  describe: ({ url = URL_OF_US1 }) => `datadog ${new URL(url).host}`,
  acknowledgement: 'received',
  create: (options, source) => new DatadogDestination({ url: URL_OF_US1, ...options }, source),
};

import { z } from 'zod';
import { TEXT, enumOption, type RawOptions } from '../../../audit/option-schemas.js';
import { parseJson, pause } from '../../../audit/nest-free.js';
import { omitUndefined } from '../../../monitoring/read/export/formats/ocsf-class.js';
import { TIMING } from '../../../monitoring/store/timing.js';
import { defineDestination, type PackageDestination } from '../define-destination.js';
import { type StreamResult, type StreamBatch, listEntries } from '../stream-destination.js';
import { canonicalLine } from '../formats/line-text.js';
import { getBatchFacts, formatObject } from '../formats/stream-format.js';
import { HttpSender, toStreamResult, type PostResponse } from './http-sender.js';
import { requireHttps, NETWORK, URL_TEXT, type NetworkOptions } from './option-schemas.js';

const SPLUNK_FORMATS = ['json', 'ocsf', 'ecs'] as const;

const CHANNEL = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

const OPTIONS = {
  /** The URL of the collector, without a path: `https://splunk.example.com:8088`. */
  url: URL_TEXT,
  /** A token of the collector. Enable indexer acknowledgment for this token. */
  token: TEXT,
  /** The UUID of the collector's channel for this stream. */
  channel: z.string('must be a UUID').regex(CHANNEL, 'must be a UUID'),
  /** The Splunk index for the events. Default: the token's index. Set this when the token may write to several indexes. */
  index: z.string().optional(),
  /** The format of the member `event`. Set this when your searches expect OCSF or ECS. */
  format: enumOption(SPLUNK_FORMATS).default('json'),
};

/**
 * Splunk's HTTP Event Collector, with indexer acknowledgment.
 *
 * @title Splunk
 * @remarks
 * `{ type: 'splunk', url: 'https://splunk.example.com:8088', token, channel }`. Create an HTTP Event Collector token with _indexer acknowledgment_
 * (otherwise, the stream pauses), and `channel` once with `uuidgen`. A balancer needs sticky sessions. Search with `| dedup id`.
 */
export interface SplunkDestinationOptions extends RawOptions<typeof OPTIONS>, NetworkOptions {
  readonly type: 'splunk';
}

const POLL_MS = 500;
/** The collector's codes for an invalid event, with the status 400. */
const INVALID_EVENT_CODES = [6, 7, 12, 13, 15];

interface HecResponse {
  readonly text?: string;
  readonly code?: number;
  readonly ackId?: number;
  readonly 'invalid-event-number'?: number;
  readonly acks?: Readonly<Record<string, boolean>>;
}

/** Posts a batch, then polls until Splunk has indexed it. */
export const splunk: PackageDestination<SplunkDestinationOptions> = defineDestination({
  type: 'splunk',
  options: z.object({ ...OPTIONS, ...NETWORK }).refine(...requireHttps('url')),
  secrets: ['token'],
  describe: ({ url }) => `splunk ${new URL(url).origin}`,
  acknowledgment: 'indexed',
  create: ({ token, channel, index, format, ...options }, source) =>
    new HttpSender(options, {
      path: 'services/collector/event',
      buildHeaders: () => ({
        ...{ 'content-type': 'application/json', authorization: `Splunk ${token}` },
        'x-splunk-request-channel': channel,
      }),
      buildBodies: (batch) => {
        const lines = listEntries(batch).map((entry) => {
          const facts = Object.entries(getBatchFacts(batch, entry)).map(([name, value]) => [`batch_${name}`, value]);
          return canonicalLine({
            time: Date.parse(entry.event.occurredAt) / 1_000,
            source: source.origin,
            ...omitUndefined({ index }),
            event: formatObject(format, entry, source),
            fields: Object.fromEntries(facts) as object,
          });
        });
        return [lines.join('\n')];
      },
      parseResponse: (response, batch, signal, post) => {
        const parsed = parseResponse(response);
        if (response.status === 400) return toRejection(parsed, batch);
        if (!response.isSuccess) return undefined;
        const { ackId } = parsed;
        if (ackId === undefined) {
          return { outcome: 'gone', reason: 'the token has no indexer acknowledgment: enable it in Splunk' };
        }
        const path = `services/collector/ack?channel=${encodeURIComponent(channel)}`;
        const poll = () => post(path, JSON.stringify({ acks: [ackId] }));
        return waitForAck(ackId, poll, signal);
      },
    }),
});

async function waitForAck(
  ackId: number,
  poll: () => Promise<PostResponse>,
  signal: AbortSignal,
): Promise<StreamResult> {
  const giveUpAt = performance.now() + TIMING.splunkIndexMs;
  for (;;) {
    const response = await poll();
    const checked = toStreamResult(response);
    if (checked.outcome !== 'accepted') return { outcome: 'retry', reason: getReason(checked) };
    if (parseResponse(response).acks?.[ackId] === true) return { outcome: 'accepted' };
    if (performance.now() > giveUpAt) {
      return { outcome: 'retry', reason: `Splunk did not index the batch within ${TIMING.splunkIndexMs} ms` };
    }
    await pause(POLL_MS, undefined, { signal });
  }
}

function getReason(response: StreamResult): string {
  return 'reason' in response ? response.reason : '';
}

function parseResponse({ body }: PostResponse): HecResponse {
  try {
    return Object(parseJson(body)) as HecResponse; // every member may be absent
  } catch {
    return {};
  }
}

/** Splunk names the first invalid event, and stores no event of the request. */
function toRejection(response: HecResponse, batch: StreamBatch): StreamResult {
  const reason = `it answered 400: ${response.text ?? 'no text'} (code ${response.code ?? 'unknown'})`;
  if (!INVALID_EVENT_CODES.includes(response.code ?? -1)) return { outcome: 'retry', reason };
  const id = listEntries(batch)[response['invalid-event-number'] ?? -1]?.id;
  const isEvent = batch.events.some((event) => event.id === id);
  return { outcome: 'refused', reason, ...(id !== undefined && isEvent ? { events: [id] } : {}) };
}

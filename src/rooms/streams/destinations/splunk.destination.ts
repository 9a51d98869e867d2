import { parseJson, pause } from '../../../audit/plain.js';
import { given } from '../../../monitoring/read/export/formats/ocsf-attributes.js';
import type { DestinationType, StreamAnswer, StreamBatch, StreamedEvent } from '../stream-destination.js';
import { canonicalLine } from '../formats/line-text.js';
import { batchFacts, objectOf } from '../formats/stream-format.js';
import { entriesOf } from '../formats/streamed-entries.js';
import { HttpDestination, judgeAnswer, problemsOfHttp, type HttpOptions, type PostAnswer } from './http.destination.js';
import { NETWORK_NAMES } from './network.js';
import {
  problemsOfNumber,
  problemsOfText,
  problemsOfWord,
} from '../../../monitoring/store/connections/option-problems.js';

const SPLUNK_FORMATS = ['json', 'ocsf', 'ecs'] as const;

/** Splunk's HTTP Event Collector, with indexer acknowledgement. */
export interface SplunkDestinationOptions extends HttpOptions {
  readonly type: 'splunk';
  /** The URL of the collector, without a path: `https://splunk.example.com:8088`. */
  readonly url: string;
  /** A token of the collector. Enable indexer acknowledgement for this token. */
  readonly token: string;
  /** The UUID of the collector's channel for this stream. */
  readonly channel: string;
  /** The Splunk index for the events. Default: the token's index. */
  readonly index?: string;
  /** The source type of the events. Default: the token's source type. */
  readonly sourceType?: string;
  /** The format of the member `event`. @defaultValue 'json' */
  readonly format?: (typeof SPLUNK_FORMATS)[number];
  /**
   * The milliseconds within which Splunk must index a batch: 1,000 to 600,000. Otherwise, the stream sends the batch again.
   * @defaultValue 120000
   */
  readonly indexedWithinMs?: number;
}

const INDEXED_WITHIN_MS = 120_000;
const POLL_MS = 500;
/** The collector's codes for an invalid event, with the status 400. */
const OF_AN_EVENT = [6, 7, 12, 13, 15];

interface HecAnswer {
  readonly text?: string;
  readonly code?: number;
  readonly ackId?: number;
  readonly 'invalid-event-number'?: number;
  readonly acks?: Readonly<Record<string, boolean>>;
}

/** Posts a batch, then polls until Splunk has indexed it. */
export class SplunkDestination extends HttpDestination<SplunkDestinationOptions> {
  protected override readonly path = 'services/collector/event';
  protected readonly secretHeaders = ['authorization'];

  protected headersOf(): Readonly<Record<string, string>> {
    const { token, channel } = this.options;
    const headers = { 'content-type': 'application/json', authorization: `Splunk ${token}` };
    return { ...headers, 'x-splunk-request-channel': channel };
  }

  protected bodiesOf(batch: StreamBatch): readonly string[] {
    return [
      entriesOf(batch)
        .map((entry) => this.lineOf(entry, batch))
        .join('\n'),
    ];
  }

  protected override async judge(
    answer: PostAnswer,
    batch: StreamBatch,
    signal: AbortSignal,
  ): Promise<StreamAnswer | undefined> {
    const parsed = answerOf(answer);
    if (answer.status === 400) return judgeRefusal(parsed, batch);
    if (!answer.isSuccess) return undefined;
    if (parsed.ackId !== undefined) return this.waitFor(parsed.ackId, signal);
    return { outcome: 'gone', reason: 'the token has no indexer acknowledgement: enable it in Splunk' };
  }

  private lineOf(entry: StreamedEvent, batch: StreamBatch): string {
    const { format = 'json', index, sourceType: sourcetype } = this.options;
    return canonicalLine({
      time: Date.parse(entry.event.occurredAt) / 1_000,
      source: this.source.origin,
      ...given({ index, sourcetype }),
      event: objectOf(format, entry, this.source),
      fields: Object.fromEntries(
        Object.entries(batchFacts(batch, entry)).map(([name, value]) => [`batch_${name}`, value]),
      ),
    });
  }

  private async waitFor(ackId: number, signal: AbortSignal): Promise<StreamAnswer> {
    const { channel, indexedWithinMs = INDEXED_WITHIN_MS } = this.options;
    const giveUpAt = performance.now() + indexedWithinMs;
    for (;;) {
      const path = `services/collector/ack?channel=${encodeURIComponent(channel)}`;
      const answer = await this.post(path, JSON.stringify({ acks: [ackId] }), this.headersOf(), signal);
      const judged = judgeAnswer(answer);
      if (judged.outcome !== 'accepted') return { outcome: 'retry', reason: reasonOf(judged) };
      if (answerOf(answer).acks?.[ackId] === true) return { outcome: 'accepted' };
      if (performance.now() > giveUpAt) {
        return { outcome: 'retry', reason: `Splunk did not index the batch within ${indexedWithinMs} ms` };
      }
      await pause(POLL_MS, undefined, { signal });
    }
  }
}

function reasonOf(answer: StreamAnswer): string {
  return 'reason' in answer ? answer.reason : '';
}

function answerOf({ body }: PostAnswer): HecAnswer {
  try {
    return Object(parseJson(body)) as HecAnswer; // every member may be absent
  } catch {
    return {};
  }
}

/** Splunk names the first invalid event, and stores no event of the request. */
function judgeRefusal(answer: HecAnswer, batch: StreamBatch): StreamAnswer {
  const reason = `it answered 400: ${answer.text ?? 'no text'} (code ${answer.code ?? 'unknown'})`;
  if (!OF_AN_EVENT.includes(answer.code ?? -1)) return { outcome: 'retry', reason };
  const id = entriesOf(batch)[answer['invalid-event-number'] ?? -1]?.id;
  const isEvent = batch.events.some((event) => event.id === id);
  return { outcome: 'refused', reason, ...(id !== undefined && isEvent ? { events: [id] } : {}) };
}

const CHANNEL = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

export const SPLUNK_DESTINATION: DestinationType<SplunkDestinationOptions> = {
  names: {
    ...{ type: true, url: true, token: 'secret', channel: true, index: true, sourceType: true, format: true },
    ...{ indexedWithinMs: true, ...NETWORK_NAMES },
  },
  problems: ({ token, channel, format, indexedWithinMs, ...http }) => [
    ...problemsOfText('token', token),
    ...(typeof channel === 'string' && CHANNEL.test(channel) ? [] : ['channel must be a UUID']),
    ...problemsOfWord('format', format, SPLUNK_FORMATS),
    ...problemsOfNumber('indexedWithinMs', indexedWithinMs, [1_000, 600_000]),
    ...problemsOfHttp(http),
  ],
  describe: ({ url }) => `splunk ${new URL(url).origin}`,
  acknowledgement: 'indexed',
  create: (options, source) => new SplunkDestination(options, source),
};

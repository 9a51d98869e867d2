import { randomUUID } from 'node:crypto';
import { HttpReceiver, type ReceivedRequest, type ReceiverResponse } from './http-receiver.js';
import type { TestCertificate } from './make-certificate.js';

export type Refusal = { readonly status: number; readonly reason: string } | undefined;

interface BulkAction {
  readonly create: { readonly _id: string };
}

/** By the reference of `_bulk`: NDJSON ends in a line feed, an answer has a status for each item, and 409 means a taken id. */
export class ElasticReceiver extends HttpReceiver {
  readonly documents = new Map<string, Readonly<Record<string, unknown>>>();
  refuse: (document: Readonly<Record<string, unknown>>) => Refusal = () => undefined;

  constructor(certificate?: TestCertificate) {
    super((request) => this.bulk(request), certificate);
  }

  private bulk({ url, headers, body }: ReceivedRequest): ReceiverResponse {
    if (headers.authorization !== 'ApiKey secret') return { status: 401, body: { error: 'unauthorized' } };
    if (!/^\/logs-audit\/_bulk$/.test(url.pathname)) return { status: 404, body: { error: 'no handler found' } };
    if (headers['content-type'] !== 'application/x-ndjson') return { status: 406 };
    if (!body.endsWith('\n')) return { status: 400, body: { error: 'must be terminated by a newline' } };
    const lines = body.trimEnd().split('\n').map(readObject);
    const items = lines.flatMap((line, nth) => (nth % 2 === 0 ? [this.create(line, lines[nth + 1] ?? {})] : []));
    return { status: 200, body: { errors: items.some(({ create }) => create.status >= 300), items } };
  }

  private create(action: object, document: Readonly<Record<string, unknown>>): { readonly create: { status: number } } {
    const { _id } = (action as BulkAction).create; // anything else fails the request
    const item = (status: number, reason?: string) => ({
      create: { _id, status, ...(reason === undefined ? {} : { error: { type: 'some_exception', reason } }) },
    });
    if (this.documents.has(_id)) return item(409, 'document already exists');
    const refusal = this.refuse(document);
    if (refusal) return item(refusal.status, refusal.reason);
    if (typeof document['@timestamp'] !== 'string') return item(400, 'data stream timestamp field is missing');
    this.documents.set(_id, document);
    return item(201);
  }
}

/** Follows Splunk's documentation of the HTTP Event Collector with indexer acknowledgment. */
export class SplunkReceiver extends HttpReceiver {
  readonly events: Readonly<Record<string, unknown>>[] = [];
  /** Splunk acknowledges a batch after so many polls. */
  pollsBefore = 1;
  acknowledges = true;
  refuse: (event: Readonly<Record<string, unknown>>) => boolean = () => false;
  private readonly waiting = new Map<number, number>();
  private next = 0;

  constructor() {
    super((request) => this.collect(request));
  }

  private collect({ url, headers, body }: ReceivedRequest): ReceiverResponse {
    if (headers.authorization !== 'Splunk secret') return { status: 403, body: { text: 'Invalid token', code: 4 } };
    const channel = headers['x-splunk-request-channel'] ?? url.searchParams.get('channel');
    if (this.acknowledges && !channel) return { status: 400, body: { text: 'Data channel is missing', code: 10 } };
    if (url.pathname === '/services/collector/ack') return { status: 200, body: { acks: this.poll(body) } };
    if (url.pathname !== '/services/collector/event') return { status: 404 };
    const events = body.split('\n').map(readObject);
    const refused = events.findIndex(
      (event) =>
        event.event === undefined || !isFlat(event.fields) || typeof event.time !== 'number' || this.refuse(event),
    );
    if (refused >= 0) {
      return { status: 400, body: { text: 'Invalid data format', code: 6, 'invalid-event-number': refused } };
    }
    this.events.push(...events);
    const ackId = this.next++;
    this.waiting.set(ackId, this.pollsBefore);
    return { status: 200, body: { text: 'Success', code: 0, ...(this.acknowledges ? { ackId } : {}) } };
  }

  /** Splunk reports `true` for an id only once. */
  private poll(body: string): Readonly<Record<string, boolean>> {
    const { acks } = JSON.parse(body) as { readonly acks: readonly number[] };
    return Object.fromEntries(
      acks.map((id) => {
        const left = (this.waiting.get(id) ?? Infinity) - 1;
        this.waiting.set(id, left);
        if (left < 0) this.waiting.delete(id);
        return [id, left < 0];
      }),
    );
  }
}

function isFlat(fields: unknown): boolean {
  return Object.values(Object(fields) as object).every((value) => typeof value !== 'object');
}

interface OtlpRecord {
  readonly timeUnixNano: string;
  readonly body: { readonly stringValue: string };
  readonly attributes: readonly { readonly key: string; readonly value: Readonly<Record<string, string>> }[];
  readonly traceId?: string;
}

/** By opentelemetry-proto for OTLP/HTTP with JSON: 64-bit integers are texts, and a success may be partial. */
export class OtlpReceiver extends HttpReceiver {
  readonly records: OtlpRecord[] = [];
  refuse: (record: OtlpRecord) => boolean = () => false;

  constructor() {
    super((request) => this.receive(request));
  }

  private receive({ url, headers, body }: ReceivedRequest): ReceiverResponse {
    if (url.pathname !== '/v1/logs' || headers['content-type'] !== 'application/json') return { status: 404 };
    const { resourceLogs } = JSON.parse(body) as {
      resourceLogs: { resource: object; scopeLogs: { scope: object; logRecords: OtlpRecord[] }[] }[];
    };
    const records = resourceLogs.flatMap(({ scopeLogs }) => scopeLogs.flatMap(({ logRecords }) => logRecords));
    if (!records.every(isRecord)) return { status: 400, body: { code: 3, message: 'not of the protocol' } };
    const refused = records.filter((record) => this.refuse(record));
    this.records.push(...records.filter((record) => !this.refuse(record)));
    if (refused.length === 0) return { status: 200, body: {} };
    const partialSuccess = { rejectedLogRecords: String(refused.length), errorMessage: 'too old' };
    return { status: 200, body: { partialSuccess } };
  }
}

const RECORD = /^(timeUnixNano|observedTimeUnixNano|severityNumber|severityText|eventName|body|attributes|traceId)$/;

function isRecord(record: OtlpRecord): boolean {
  return (
    Object.keys(record).every((name) => RECORD.test(name)) &&
    /^\d{19}$/.test(record.timeUnixNano) &&
    (record.traceId === undefined || /^[0-9a-f]{32}$/.test(record.traceId)) &&
    new Set(record.attributes.map(({ key }) => key)).size === record.attributes.length &&
    record.attributes.every(({ value }) => Object.entries(value).every(([kind, each]) => isValue(kind, each)))
  );
}

function isValue(kind: string, value: unknown): boolean {
  return kind === 'intValue' ? /^-?\d+$/.test(String(value)) : kind === 'stringValue' && typeof value === 'string';
}

/** By Datadog's API reference: status 202, at most 1,000 logs and 5 MB for a request, and at most 1 MB for a log. */
export class DatadogReceiver extends HttpReceiver {
  readonly logs: Readonly<Record<string, unknown>>[] = [];

  constructor() {
    super((request) => this.receive(request));
  }

  private receive({ url, headers, body }: ReceivedRequest): ReceiverResponse {
    if (headers['dd-api-key'] !== 'secret') return { status: 403, body: { errors: ['Forbidden'] } };
    if (url.pathname !== '/api/v2/logs') return { status: 404 };
    const logs = JSON.parse(body) as Readonly<Record<string, unknown>>[];
    if (logs.length > 1_000 || Buffer.byteLength(body) > 5_000_000)
      return { status: 413, body: { errors: ['too large'] } };
    this.logs.push(...logs);
    return { status: 202, body: {}, headers: { 'x-request-id': randomUUID() } };
  }
}

function readObject(line: string): Readonly<Record<string, unknown>> {
  return JSON.parse(line) as Readonly<Record<string, unknown>>;
}

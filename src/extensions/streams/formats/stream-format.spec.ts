import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { ANY_CHARACTER } from '../../../../test/support/any-character.js';
import { ECS, holdAgainstEcs } from '../../../../test/support/ecs-schema.js';
import { buildEvents, LISTED_ACTIONS } from '../../../../test/support/ocsf-events.js';
import { holdAgainstOcsf } from '../../../../test/support/ocsf-schema.js';
import { readCef, readSyslog } from '../../../../test/support/read-lines.js';
import { sampleEvent } from '../../../../test/support/sample-event.js';
import { ACTOR_TYPES, OUTCOMES, SEVERITIES, type AuditEvent } from '../../../audit/nest-free.js';
import { ECS_VERSION } from './ecs.js';
import type { StreamedEvent } from '../stream-destination.js';
import { formatLine, STREAM_FORMATS } from './stream-format.js';
import { formatSyslogMessage, buildSyslogParameters } from './syslog-message.js';
import { runs } from '../../../../test/support/whole.js';

const SOURCE = { origin: 'audit.example.com/shop', version: '1.2.3' };
const LEAF = 'x7Xl2tpJb8zYqg0yZ6h1bq0gJ0k3m5v7w9y1A3C5E7G=';
const ENTERPRISE = 32_473;

function streamed(event: AuditEvent): StreamedEvent {
  return { index: 7, id: event.id, event, leafHash: LEAF };
}

function toSyslog(each: StreamedEvent): string {
  const parts = { text: formatLine('json', each, SOURCE), elements: { event: buildSyslogParameters(each) } };
  return formatSyslogMessage(each, SOURCE, { ...parts, enterpriseNumber: ENTERPRISE });
}

const HOSTILE = [
  'a\nb\r\nc\rd\ve\ff\u0085g\u2028h\u2029i',
  'x|y\\|z\\',
  'k=v suser=root msg=\\=',
  '"\'][`] cn1=9 ]["',
  '\u0000\u0001\u001b[31m\u007f\u009b',
  '\ud800 lone \udc00',
  '\u202ertl\u202c \u200b\ufeff',
  '\tsrc=203.0.113.9\tusrName=root',
  '🦉'.repeat(15_360), // 60 KiB
  '',
];

function eventOfText(text: string): StreamedEvent {
  const values = { a: text, [`k${text.slice(0, 20)}`]: [text] };
  return streamed(
    sampleEvent({
      type: text,
      action: text,
      category: text,
      actor: { type: 'user', id: text, name: text, sessionId: text, onBehalfOf: { type: 'admin', id: text } },
      tenantId: text,
      resource: { type: text, id: text },
      request: { id: text, ip: text, userAgent: text, method: text, route: text, traceId: text, durationMs: 0.5 },
      reason: text,
      error: { name: text, code: text, message: text },
      details: values,
      metadata: values,
      changes: { before: values, after: null },
    }),
  );
}

describe('a line of a stream', () => {
  it.each(LISTED_ACTIONS)('of %s is valid in every format, whatever its outcome', (action) => {
    for (const event of buildEvents(action)) {
      const each = streamed(event);
      expect(JSON.parse(formatLine('json', each, SOURCE))).toEqual({ ...plain(event), index: 7, leafHash: LEAF });
      expect(holdAgainstOcsf(JSON.parse(formatLine('ocsf', each, SOURCE))).problems).toEqual([]);
      expect(JSON.parse(formatLine('cloudevents', each, SOURCE))).toMatchObject({
        ...{ specversion: '1.0', id: event.id, source: SOURCE.origin, sequence: '7', leafhash: LEAF },
        ...{ type: `com.example.audit.${event.type}`, data: plain(event) },
      });
      expect(holdAgainstEcs(readObject(formatLine('ecs', each, SOURCE)), 'audit_ledger')).toEqual([]);
      const { header, extension } = readCef(formatLine('cef', each, SOURCE));
      expect(header).toEqual(
        ['CEF:0', ...twice('nestjs-audit-ledger'), '1.2.3', event.type, `${event.action} ${event.outcome}`].concat(
          expect.stringMatching(/^(3|6|8|10)$/) as unknown as string,
        ),
      );
      expect(extension).toMatchObject({ externalId: event.id, cn1: '7', cs6: LEAF, act: event.action.slice(0, 63) });
      expect(readSyslog(toSyslog(each))).toMatchObject({
        ...{ time: event.occurredAt, host: 'audit.example.com', messageId: event.type.slice(0, 32) },
        elements: { [`event@${ENTERPRISE}`]: { id: event.id, index: '7', leafHash: LEAF, type: event.type } },
        text: formatLine('json', each, SOURCE),
      });
    }
  });

  it.each(HOSTILE)('with %j everywhere stays one line, well-formed, and reads back', (text) => {
    const each = eventOfText(text);
    for (const format of STREAM_FORMATS) {
      const line = formatLine(format, each, SOURCE);
      expect(line).not.toMatch(/[\n\r]/);
      expect(line.isWellFormed()).toBe(true);
    }
    expectReadable(each, text);
  });

  it('of any texts reads back', () => {
    const text = fc.oneof(
      fc.string({ unit: ANY_CHARACTER, maxLength: 60 }),
      fc.string({ unit: fc.constantFrom('\\', '=', '|', '"', ']', '\n', ' ', 'msg', 'k', '\t'), maxLength: 20 }),
    );
    fc.assert(
      fc.property(text, (value) => {
        expectReadable(eventOfText(value), value);
      }),
      { numRuns: runs(300) },
    );
  });

  it('of any outcome, severity, actor and address is valid in ECS', () => {
    expect(ECS.source).toMatchObject({ version: ECS_VERSION });
    const { request } = sampleEvent();
    const documents = [
      ...OUTCOMES.map((outcome) => sampleEvent({ outcome })),
      ...SEVERITIES.map((severity) => sampleEvent({ severity })),
      ...ACTOR_TYPES.map((type) => sampleEvent({ actor: { type } })),
      ...['2001:db8::1', 'not an address'].map((ip) => sampleEvent({ request: { ...request, ip } })),
      ...['x', 'constructor', 'booking_cancelled', 'toString_view'].map((action) =>
        sampleEvent({ action, type: action, category: action }),
      ),
    ];
    for (const event of documents) {
      expect(holdAgainstEcs(readObject(formatLine('ecs', streamed(event), SOURCE)), 'audit_ledger')).toEqual([]);
    }
  });

  it('names cut texts in CEF, and does not cut a character in two', () => {
    const { extension } = readCef(formatLine('cef', eventOfText('🦉'.repeat(5_000)), SOURCE));
    const lengths = { suser: 1_023, cs4: 4_000, act: 63, msg: 1_023, cs1: 4_000, requestClientApplication: 1_023 };
    for (const [key, limit] of Object.entries(lengths)) {
      expect(extension[key]?.length).toBeGreaterThan(limit - 4);
      expect(extension[key]?.length).toBeLessThanOrEqual(limit);
    }
    expect(extension.msg).toMatch(/ \[cut: [^\]]*\bsuser\b[^\]]*\bcs4\b[^\]]*\]$/);
  });

  it('puts an IPv6 address into the key of CEF that accepts it', () => {
    const { request } = sampleEvent();
    const event = sampleEvent({ request: { ...request, ip: '2001:db8::1' } });
    const { extension } = readCef(formatLine('cef', streamed(event), SOURCE));
    expect(extension).toMatchObject({ c6a2: '2001:db8::1', c6a2Label: 'Source IPv6 Address' });
    expect(extension).not.toHaveProperty('src');
  });
});

function expectReadable(each: StreamedEvent, text: string): void {
  const formed = text.toWellFormed();
  const json = readObject(formatLine('json', each, SOURCE));
  expect(json.actor).toMatchObject({ name: formed, id: formed });
  expect(readObject(formatLine('ecs', each, SOURCE)).user).toMatchObject({ name: formed });
  const cef = readCef(formatLine('cef', each, SOURCE));
  const shown = withoutControls(formed.replace(LINE_BREAKS, '\n'));
  expect(cef.header).toHaveLength(7);
  expect(cef.extension.suser ?? '').toBe(cutOff(shown, text, 1_023));
  expect(cef.extension.cn1).toBe('7');
  const syslog = readSyslog(toSyslog(each));
  expect(syslog?.elements[`event@${ENTERPRISE}`]).toMatchObject({
    actorName: cutOff(withoutControls(formed.replace(LINE_BREAKS, ' ')), text, 1_024),
    index: '7',
  });
  expect(syslog?.text).toBe(formatLine('json', each, SOURCE));
}

const LINE_BREAKS = /\r\n|[\n\r\v\f\u0085\u2028\u2029]/g;

/** Each text is either short or consists of characters of two UTF-16 units, so `cutText` cuts at an even length. */
function cutOff(shown: string, text: string, limit: number): string {
  return text.length <= limit ? shown : shown.slice(0, limit - (limit % 2));
}

function withoutControls(text: string): string {
  // eslint-disable-next-line no-control-regex -- it removes control characters
  return text.replaceAll('\t', ' ').replace(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/g, '\ufffd');
}

function readObject(line: string): Readonly<Record<string, unknown>> {
  return JSON.parse(line) as Readonly<Record<string, unknown>>;
}

function plain(value: object): Readonly<Record<string, unknown>> {
  return readObject(JSON.stringify(value));
}

function twice(text: string): readonly string[] {
  return [text, text];
}

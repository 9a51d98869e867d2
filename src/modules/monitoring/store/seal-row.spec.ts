import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { sampleEvent } from '../../../../test/support/sample-event.js';
import {
  canonicalJson,
  catalogueFactRules,
  personalNameTest,
  type AuditEvent,
  type JsonValue,
} from '../../../audit/plain.js';
import { hashLeaf } from '../log/merkle/hashes.js';
import { encodeEntry } from '../sealing/seal-event.js';
import { OWN_POINTERS } from '../sealing/own-fields.js';
import { MARKED_COLUMNS } from './personal-columns.js';
import { sealEvents, type SealedRow } from './seal-row.js';
import { sealEvent, splitPersonal } from '../../../../test/support/split-event.js';
import { runs } from '../../../../test/support/whole.js';

const rules = catalogueFactRules({
  isPersonalName: personalNameTest(['~odd/name', '__proto__', 'from', '0']),
  factFields: ['n', 'path', '9'],
});
const hexOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

const text = fc.oneof(
  fc.string({ unit: 'grapheme', maxLength: 300 }),
  fc.constantFrom('', '"', '\\', '\n', '\u2028', '\u{10ffff}', '{}', 'NULL'),
);

/** Texts that are facts, mostly. */
const word = fc.oneof(
  fc.constantFrom(
    'success',
    'validation',
    'E_FAILED',
    'Error',
    '2026-11-20T08:00:00Z',
    'ada@example.com',
    '[REDACTED]',
  ),
  text,
);
const id = fc.oneof(
  fc.constantFrom('u-1', '42', 'ab'.repeat(16), 'ada@example.com', 'billing-worker'),
  fc.uuid(),
  text,
);
const principal = fc.record({ type: fc.constant('user' as const), id });

/** Names that are personal, that canonical JSON escapes or sorts in its own way, and that a pointer escapes. */
const name = fc.oneof(
  fc.constantFrom(
    'email',
    'phone',
    'name',
    '~odd/name',
    '__proto__',
    'constructor',
    'path',
    'from',
    'to',
    '0',
    '10',
    '9',
  ),
  fc.constantFrom('a/b', 'c~d', '', '"', '\\', '\u0001', '\ufb33', '\u{1f600}', 'é', 'n'),
  text,
);

const { json } = fc.letrec<{ json: JsonValue }>((tie) => ({
  json: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.oneof(text, word, fc.double({ noNaN: true, noDefaultInfinity: true }), fc.boolean(), fc.constant(null)),
    fc.array(tie('json'), { maxLength: 12 }),
    fc.array(fc.tuple(name, tie('json')), { maxLength: 14 }).map((fields) => Object.fromEntries(fields)),
  ),
}));
const fields = fc.array(fc.tuple(name, json), { maxLength: 14 }).map((each) => Object.fromEntries(each));
const pointer = fc.array(name, { maxLength: 3 }).map((names) => names.map((each) => `/${each}`).join(''));
const entry = fc.record({ path: pointer, from: json, to: json, email: json, note: json }, { requiredKeys: ['path'] });
const diff = fc.oneof(fc.array(fc.oneof(entry, json), { maxLength: 12 }), json);

/** Events of any shape that the core makes. */
const event: fc.Arbitrary<AuditEvent> = fc
  .record({
    actor: fc.record(
      {
        type: fc.constantFrom('user' as const, 'service' as const),
        id,
        name: text,
        sessionId: id,
        onBehalfOf: principal,
      },
      { requiredKeys: ['type'] },
    ),
    resource: fc.option(fc.record({ type: fc.constant('order'), id }, { requiredKeys: ['type'] })),
    detailsIssues: fc.option(
      fc.array(fc.record({ path: pointer, message: fc.constant('is a text') }), { maxLength: 3 }),
    ),
    request: fc.option(fc.record({ id, ip: text, userAgent: text, route: text, traceId: id }, { requiredKeys: [] })),
    error: fc.option(fc.record({ name: word, code: word, message: text }, { requiredKeys: ['name'] })),
    changes: fc.option(fc.record({ before: json, after: json, diff }, { requiredKeys: [] })),
    details: fields,
    metadata: fields,
    reason: fc.option(word),
    truncated: fc.option(fc.constant(true as const)),
  })
  .map(({ request, resource, detailsIssues, error, changes, reason, truncated, ...given }) => ({
    id: '01939f5c-8d7b-7000-8000-000000000001',
    schemaVersion: 2,
    occurredAt: '2026-11-20T08:00:00.000Z',
    type: 'order_created',
    action: 'order_creation',
    outcome: 'success',
    category: 'order',
    severity: 'info',
    ...given,
    ...(request ? { request } : {}),
    ...(resource ? { resource } : {}),
    ...(detailsIssues ? { detailsIssues } : {}),
    ...(error ? { error } : {}),
    ...(changes ? { changes } : {}),
    ...(reason === null ? {} : { reason }),
    ...(truncated ? { truncated } : {}),
  }));

/** What the definitions make of a row's event, with the row's salt. */
function defined({ event: given, salt }: SealedRow): Omit<SealedRow, 'salt'> {
  const { facts, personal } = splitPersonal(given, rules);
  const sealed = sealEvent(facts, personal, Buffer.from(salt ?? '', 'hex'));
  const rest = Object.entries(personal ?? {}).filter(([at]) => !OWN_POINTERS.has(at));
  const { changes, error, detailsIssues } = facts;
  const marked = MARKED_COLUMNS.filter(({ pointer: at }) => personal && Object.hasOwn(personal, at));
  const bits = marked.reduce((sum, { bit }) => sum + bit, 0);
  return {
    event: given,
    json: {
      ...(changes && { changes: canonicalJson(changes) }),
      details: canonicalJson(facts.details),
      ...(detailsIssues && { detailsIssues: canonicalJson(detailsIssues) }),
      ...(error && { error: canonicalJson(error) }),
      metadata: canonicalJson(facts.metadata),
    },
    personal: rest.length > 0 ? canonicalJson(Object.fromEntries(rest)) : undefined,
    personalColumns: bits === 0 ? undefined : bits,
    commitment: sealed.personal && Buffer.from(sealed.personal, 'base64').toString('hex'),
    leafHash: hexOf(hashLeaf(encodeEntry(sealed))),
  };
}

describe('a sealed row', () => {
  it('has the facts, the personal part, the commitment and the leaf that the sealing defines, whatever the event holds', () => {
    fc.assert(
      fc.property(fc.array(event, { minLength: 1, maxLength: 3 }), (events) => {
        for (const row of sealEvents(events, () => rules)) {
          expect(row).toEqual({ ...defined(row), salt: row.salt });
          expect(row.salt === undefined).toBe(row.commitment === undefined);
        }
      }),
      { numRuns: runs(100) },
    );
  });

  it('has a salt of its own', () => {
    const event = sampleEvent();
    const rows = sealEvents(
      Array.from({ length: 600 }, () => event),
      () => rules,
    ); // drawn for 256 at once
    expect(new Set(rows.map(({ salt }) => salt)).size).toBe(600);
    expect(new Set(rows.map(({ leafHash }) => leafHash)).size).toBe(600);
  });

  it('of an event with very long texts is sealed as any other', () => {
    const long = '€'.repeat(19_000);
    const [row] = sealEvents([sampleEvent({ details: { email: long } })], () => rules);
    const { personal = {}, facts } = splitPersonal(row?.event ?? sampleEvent(), rules);
    const salt = Buffer.from(row?.salt ?? '', 'hex');
    expect(row?.leafHash).toBe(hexOf(hashLeaf(encodeEntry(sealEvent(facts, personal, salt)))));
  });

  it('of an event that no entry can hold is refused', () => {
    const event = sampleEvent({ details: { n: '€'.repeat(22_000) } });
    expect(() => sealEvents([event], () => rules)).toThrow(/canonical JSON has \d+ bytes/);
    expect(() => sealEvents([sampleEvent({ details: { n: 'x'.repeat(70_000) } })], () => rules)).toThrow(/bytes/);
  });

  it('has no details where a few long names lead to many values, which would become megabytes', () => {
    let details: JsonValue = Object.fromEntries(Array.from({ length: 3_000 }, (_, nth) => [`n${nth}`, 'Ada']));
    for (let level = 0; level < 8; level++) details = { [`step${level}`.repeat(20)]: details };
    const [row] = sealEvents([sampleEvent({ details: { details } })], () => rules);
    expect(row).toMatchObject({
      json: { details: '{}' },
      event: { truncated: true, actor: { name: 'Ada' } },
    });
  });
});

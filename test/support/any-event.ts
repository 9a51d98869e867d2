import fc from 'fast-check';
import { uuidv7 } from 'uuidv7';
import type { AuditInput } from '../../src/audit/event/audit-input.js';
import { buildEvent } from '../../src/audit/event/build-event.js';
import { createSecretNameTest } from '../../src/base/secrets/redact-names.js';
import type { AuditEvent } from '../../src/audit/index.js';
import { ANY_CHARACTER } from './any-character.js';

const isSecretName = createSecretNameTest();

const double = fc.oneof(
  fc.double(),
  fc.constantFrom(
    -0,
    1e21,
    1e-7,
    5e-324,
    2.2250738585072014e-308,
    Number.MAX_VALUE,
    2 ** 53 + 2,
    2 ** 64,
    0.1 + 0.2,
    1.0,
    123456789012345680000,
    333333333.3333333,
  ),
  fc.maxSafeInteger(),
);

const text = fc.oneof(
  fc.string({ unit: ANY_CHARACTER }),
  fc.string({ unit: 'grapheme' }),
  fc.constantFrom(
    '\u0000',
    '\ud800',
    '\uffff',
    '\u{10ffff}',
    '\ufeff',
    '\u2028',
    'é',
    'e\u0301',
    '\\u0000',
    '\\',
    "'",
    '\r\n\t',
    '1.0',
    'null',
    '',
  ),
);

/** An object or a JSON column could reorder, merge or lose some of these keys. Others are personal, or need escapes in a pointer. */
const key = fc.oneof(
  text,
  fc.constantFrom('__proto__', 'constructor', '10', '9', '0', 'aa', 'b', 'email', 'a/b', 'c~d', 'toJSON'),
  fc.constantFrom('~odd/name', 'path', 'from', 'to', 'n', '\u0001', '\ufb33'),
);

const { json } = fc.letrec((tie) => ({
  json: fc.oneof(
    { depthSize: 'small' },
    fc.oneof(text, double, fc.boolean(), fc.constant(null)),
    fc.array(tie('json'), { maxLength: 4 }),
    fc.array(fc.tuple(key, tie('json')), { maxLength: 5 }).map((fields) => Object.fromEntries(fields)),
  ),
}));

/** A JSON value of any kind, also one that looks like a value of an event. */
export const ANY_VALUE: fc.Arbitrary<unknown> = fc.oneof(
  json,
  fc.constantFrom('user', 'denied', '2024-02-29T23:59:59.999Z', '::1', 200, {}, [], { type: 'user', id: 'x' }, 'a_b'),
);

const anything = fc.oneof(
  json,
  fc.anything({ withBigInt: true, withDate: true, withMap: true, stringUnit: ANY_CHARACTER }),
);
const ip = fc.oneof(
  fc.ipV4(),
  fc.ipV6(),
  fc.constantFrom('2001:DB8::1', '::ffff:1.2.3.4', 'fe80::1%eth0', '::', '::1.2.3.4'),
);

/** Events as the core builds them from anything at all. */
export const ANY_EVENT: fc.Arbitrary<AuditEvent> = fc
  .record({
    details: anything,
    metadata: anything,
    before: anything,
    after: anything,
    words: fc.array(text, { minLength: 12, maxLength: 12 }),
    ip: fc.option(ip),
    durationMs: double.filter((ms) => Math.abs(ms) <= 1e300), // the ledger refuses more
    statusCode: fc.oneof(fc.integer(), fc.constantFrom(200, 404)),
    occurredAt: fc.date({ min: new Date(0), max: new Date('9999-12-31T23:59:59.999Z'), noInvalidDate: true }),
  })
  .map(({ details, metadata, before, after, words, occurredAt, ...request }) => {
    const [id, name, sessionId, tenantId, type, reason, message, userAgent, route, traceId, code, requestId] = words;
    return buildEvent({
      id: uuidv7(),
      occurredAt,
      resolved: { type: 'order_created', action: 'order_creation', outcome: 'success', category: 'order' },
      input: {
        actor: { id, name, sessionId, onBehalfOf: { id } },
        tenantId,
        resource: { type, id },
        changes: { before, after },
        details,
        metadata,
        reason,
        error: { name, code, message },
      } as AuditInput, // anything at all
      request: { ...request, id: requestId, userAgent, route, traceId, method: 'POST' },
      isSecretName,
    });
  });

/** An event cannot hold so much, so the library cuts it. */
export const HUGE_EVENTS: readonly AuditEvent[] = ['x', '"', 'é', '\u0001', '🦉'].map((unit) =>
  buildEvent({
    id: uuidv7(),
    occurredAt: new Date(0),
    resolved: { type: 'order_created', action: 'order_creation', outcome: 'success', category: 'order' },
    input: {
      details: Object.fromEntries(Array.from({ length: 40 }, (_, nth) => [`field ${nth}`, unit.repeat(20_000)])),
      reason: unit.repeat(10_000),
      error: { name: unit.repeat(1_000), message: unit.repeat(10_000) },
      actor: { id: unit.repeat(1_000), name: unit.repeat(1_000), sessionId: unit.repeat(1_000) },
      tenantId: unit.repeat(1_000),
    },
    request: { userAgent: unit.repeat(10_000), route: unit.repeat(10_000) },
    isSecretName,
  }),
);

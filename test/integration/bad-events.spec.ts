import { expect, it } from '@jest/globals';
import fc from 'fast-check';
import { ANY_CHARACTER } from '../support/any-character.js';
import { AuditAggregator, AuditContext, AuditProvider, type AuditEvent } from '../../src/audit/index.js';
import { AuditQuery } from '../../src/monitoring/index.js';
import { startLedgerApp } from '../support/ledger-app.js';
import { unsealed } from '../support/unsealed.js';
import { eventually, keptApp, testDatabase } from '../support/index.js';
import { runs } from '../support/whole.js';

const EVENTS = runs(200);

@AuditProvider({ backend: 'witness' })
class WitnessProvider implements AuditProvider {
  readonly events = new Map<string, AuditEvent>();

  record(batch: readonly AuditEvent[]): Promise<void> {
    for (const event of batch) this.events.set(event.id, event);
    return Promise.resolve();
  }
}

const database = await testDatabase();
const { app } = await keptApp(startLedgerApp(database.url, { providers: [WitnessProvider] }));
const audit = app.get(AuditAggregator);
const reader = app.get(AuditQuery);
const witness = app.get(WitnessProvider);
async function roundTrip(name: string, input: object): Promise<AuditEvent> {
  const receipt = await audit.record(name, input); // anything at all
  expect(receipt.providers.database).toEqual({ status: 'recorded' });
  const stored = await eventually(() => reader.findOne({ scope: 'all' }, receipt.eventId));
  expect(unsealed(stored)).toEqual(witness.events.get(receipt.eventId));
  return stored;
}

function cyclic(): object {
  const value: Record<string, unknown> = { name: 'cycle' };
  value.self = value;
  return value;
}

function nested(levels: number): object {
  let value: object = {};
  for (let level = 0; level < levels; level++) value = { value };
  return value;
}

class Instance {
  readonly #secret = 1;
  get throwing(): number {
    throw new Error(`no ${this.#secret}`);
  }
}

const BAD_VALUES: readonly (readonly [string, unknown])[] = [
  ['a cycle', cyclic()],
  ['a BigInt', 2n ** 200n],
  ['an invalid date', new Date(NaN)],
  ['a date far off', new Date(8.64e15)],
  ['a Map', new Map<unknown, unknown>([[{}, 1], ['\0', '\ud800']])],
  ['a Set', new Set([1, '\0', new Set()])],
  ['a Buffer', Buffer.from([0, 255, 0])],
  ['a symbol', Symbol('\0')],
  ['a function', () => '\0'],
  ['getters that throw', new Instance()],
  ['a toJSON that throws', { toJSON: () => { throw new Error('no'); } }],
  ['a proxy that refuses', new Proxy({}, { ownKeys: () => { throw new Error('no'); } })],
  ['NaN', NaN],
  ['infinities', [Infinity, -Infinity]],
  ['extreme numbers', [Number.MAX_VALUE, Number.MIN_VALUE, -0, 1e21, 1e-7, Number.MAX_SAFE_INTEGER]],
  ['U+0000', 'a\0b'],
  ['lone surrogates', ['\ud800', '\udc00\ud800', 'x\udfff']],
  ['10 MB of text', 'ü'.repeat(5_000_000)],
  ['1,000 levels', nested(1_000)],
  ['keys of prototypes', JSON.parse('{"__proto__": {"polluted": 1}, "constructor": 1, "toString": null}')],
  ['nasty keys', { '': 1, '\0': 2, '\ud800': 3, "'": 4, '"\\{},NULL': 5 }],
  ['texts that arrays could mistake', ['', 'NULL', 'null', '{}', '{"a"}', '\\', '"', '\\"', "'", '\\N', '(,)', ' ', '\n\r\t']],
]; // prettier-ignore

it.each(BAD_VALUES)('an event that holds %s comes back as it was recorded', async (_what, value) => {
  const event = await roundTrip('order_creation', {
    details: { value },
    metadata: { value },
    changes: { before: { value }, after: [value] },
  });
  expect(event.type).toBe('order_created');
  await roundTrip('user_login_failed', { details: value, metadata: value, error: value, reason: value });
  await roundTrip('custom', {
    actor: { type: value, id: value, name: value, sessionId: value, onBehalfOf: { type: value, id: value } },
    tenantId: value,
    resource: { type: value, id: value },
    category: value,
    severity: value,
    reason: value,
    error: { name: value, code: value, message: value },
  });
});

const nastyText = fc.oneof(
  fc.string({ unit: ANY_CHARACTER, maxLength: 40 }),
  fc.string({ unit: fc.constantFrom('\\', '"', '{', '}', ',', "'", 'N', 'U', 'L', ' ', '\n', '\0', '\ud83d', '\ude00', 'é'), maxLength: 30 }),
  fc.constantFrom('', 'NULL', 'null', '\\', '"', '{}', '\\\\"', '\u2028', '\ufeff', '\x7f', '\x1b[31m'),
); // prettier-ignore
const nastyNumber = fc.oneof(
  fc.double(),
  fc.integer(),
  fc.constantFrom(70_000, -1, 32_768, 1e308, -1e308, 5e-324, 0.1),
);
const nasty = fc.oneof(
  { weight: 3, arbitrary: nastyText },
  { weight: 2, arbitrary: nastyNumber },
  fc.anything({ withBigInt: true, withDate: true, withMap: true, withSet: true, withTypedArray: true, withNullPrototype: true }),
  fc.object({ key: nastyText, values: [nastyText, nastyNumber], maxDepth: 3 }),
); // prettier-ignore

const nastyEvent = fc.record(
  {
    actor: fc.record({ type: nastyText, id: nasty, name: nasty, sessionId: nasty, onBehalfOf: fc.record({ id: nasty }) }),
    tenantId: nasty,
    resource: fc.record({ type: nasty, id: nasty }),
    category: nasty,
    severity: nasty,
    reason: nasty,
    error: nasty,
    details: nasty,
    metadata: nasty,
    changes: fc.record({ before: nasty, after: nasty }, { requiredKeys: [] }),
  },
  { requiredKeys: [] },
); // prettier-ignore
const nastyRequest = fc.record(
  {
    requestId: nasty,
    ip: fc.oneof(fc.ipV4(), fc.ipV6(), nasty),
    userAgent: nasty,
    traceId: nasty,
  },
  { requiredKeys: [] },
);

it(`${EVENTS} events of anything all come back as they were recorded`, async () => {
    const cases = fc.sample(fc.tuple(fc.constantFrom('user_login_failed', 'order_creation', 'custom.x'), nastyEvent, nastyRequest), EVENTS);
    await Promise.all(
      cases.map(async ([name, input, request]) => {
        const scope = request as Parameters<typeof AuditContext.run>[0]; // anything at all
        await AuditContext.run(scope, () => roundTrip(name, input));
      }),
    );
    expect(witness.events.size).toBeGreaterThanOrEqual(EVENTS);
  });
// prettier-ignore

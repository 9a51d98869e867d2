import { expect, it } from '@jest/globals';
import { AuditAggregator, AuditProvider, type AuditEvent } from '../../src/audit/index.js';
import { AuditQuery } from '../../src/monitoring/index.js';
import { startLedgerApp } from '../support/ledger-app.js';
import { unsealed } from '../support/unsealed.js';
import { eventually, keptApp, testDatabase } from '../support/index.js';

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

import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { AuditEvent, JsonObject } from './audit-event.js';
import { createPseudonymizer } from './redaction/anonymize.js';
import { buildEvent } from './build-event.js';
import { diffValues } from './diff-values.js';
import { createSecretNameTest } from '../../base/secrets/redact-names.js';
import { runs } from '../../../test/support/whole.js';

const isSecretName = createSecretNameTest(['pin']);
const anonymizer = { isPersonalName: (name: string) => name === 'person', pseudonym: createPseudonymizer('key') };

function build(before: JsonObject, after: JsonObject, isAnonymous = false): AuditEvent {
  return buildEvent({
    id: '018f3c1e-7b3a-7000-8000-000000000001',
    occurredAt: new Date(0),
    resolved: { type: 'row_updated', action: 'row_update', outcome: 'success', category: 'data_change' },
    input: { changes: { before, after } },
    request: undefined,
    isSecretName,
    ...(isAnonymous && { anonymizer }),
  });
}

const parse = (state: unknown): JsonObject => JSON.parse(JSON.stringify(state)) as JsonObject; // given an object

const name = fc.constantFrom(
  ...'id status password pin name key value old params sql headers person __proto__ a/b~c é'.split(' '),
);
const text = fc.oneof(
  fc.constantFrom(
    'open',
    'password',
    'harmless',
    'Bearer abcdefghijklmnopqrstuvwxyz012345',
    '4111 1111 1111 1111',
    'x'.repeat(17_000),
  ),
  fc.string({ maxLength: 12 }),
);
const { value } = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 3, depthSize: 'small' },
    text,
    fc.integer(),
    fc.constantFrom(null, true, false, 4_111_111_111_111_111),
    fc.array(tie('value'), { maxLength: 4 }),
    fc.dictionary(name, tie('value'), { maxKeys: 4 }),
  ),
}));
const states = fc
  .tuple(
    fc.dictionary(name, value, { maxKeys: 8 }),
    fc.dictionary(name, value, { maxKeys: 3 }),
    fc.array(name, { maxLength: 2 }),
  )
  .map(([before, other, removed]) => {
    const after: Record<string, unknown> = { ...before, ...other };
    for (const each of removed) Reflect.deleteProperty(after, each);
    return [parse(before), parse(after)] as const;
  });

describe('the diff of two states in an event', () => {
  it.each([false, true])('is the diff of the states themselves, anonymised: %s', (isAnonymous) => {
    fc.assert(
      fc.property(states, ([before, after]) => {
        const { changes, truncated } = build(before, after, isAnonymous);
        const redaction = { isSecretName, ...(isAnonymous && { anonymizer }) };
        if (!truncated) expect(changes?.diff).toEqual(diffValues(before, after, redaction));
      }),
      { numRuns: runs(500) },
    );
  });

  it('is there as a whole, if there is no room for the states', () => {
    const before = { note: 'n'.repeat(40_000), items: [{ id: 1, text: 't'.repeat(30_000) }] };
    const { changes, truncated } = build(before, { ...before, status: 'done' });
    expect(changes?.diff).toEqual(diffValues(before, { ...before, status: 'done' }));
    expect(truncated).toBe(true);
  });
});

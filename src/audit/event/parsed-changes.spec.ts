import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { AuditEvent, JsonObject } from './audit-event.js';
import { pseudonymizer } from './redaction/anonymize.js';
import { buildEvent } from './build-event.js';
import { eventBytes } from './event-bytes.js';
import { secretNameTest } from './redaction/redact-names.js';
import { runs } from '../../../test/support/whole.js';

const isSecretName = secretNameTest(['pin']);
const anonymizer = { isPersonalName: (name: string) => name === 'person', pseudonym: pseudonymizer('key') };

function build(before: JsonObject, after: JsonObject, areChangesParsed: boolean, isAnonymous = false): AuditEvent {
  return buildEvent({
    id: '018f3c1e-7b3a-7000-8000-000000000001',
    occurredAt: new Date(0),
    resolved: { type: 'row_updated', action: 'row_update', outcome: 'success', category: 'data_change' },
    input: { changes: { before, after } },
    request: undefined,
    areChangesParsed,
    isSecretName,
    ...(isAnonymous && { anonymizer }),
  });
}

const parse = (state: unknown): JsonObject => JSON.parse(JSON.stringify(state)) as JsonObject; // given an object

/** Names that masking treats specially, and some ordinary ones. */
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
  .map(([before, other, gone]) => {
    const after: Record<string, unknown> = { ...before, ...other };
    for (const each of gone) Reflect.deleteProperty(after, each);
    return [parse(before), parse(after)] as const;
  });

describe('changes that were parsed', () => {
  it.each([false, true])('are in the event as any others, anonymised: %s', (isAnonymous) => {
    fc.assert(
      fc.property(states, ([before, after]) => {
        const slow = build(before, after, false, isAnonymous);
        const fast = build(before, after, true, isAnonymous);
        expect(JSON.stringify(fast)).toBe(JSON.stringify(slow));
        expect(eventBytes(fast)).toBe(eventBytes(slow));
      }),
      { numRuns: runs(500) },
    );
  });

  it.each([3_000, 17_000, 40_000])('are cut as any others, at %d characters', (length) => {
    const before = {
      note: 'n'.repeat(length),
      items: Array.from({ length: 20 }, (_, id) => ({ id, text: 't'.repeat(length / 10) })),
    };
    const after = { ...before, status: 'done' };
    expect(JSON.stringify(build(before, after, true))).toBe(JSON.stringify(build(before, after, false)));
  });
});

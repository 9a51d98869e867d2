import { describe, expect, it } from '@jest/globals';
import { requestIdFrom, traceIdFrom } from './request-id.js';

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

describe("a request's id", () => {
  it.each(['req-1', 'A', '0', 'a.b:c_d-e', 'x'.repeat(128), '018f3c1e-7b3a-7000-8000-000000000001'])(
    "is the client's: %s",
    (header) => {
      expect(requestIdFrom(header)).toBe(header);
    },
  );

  it.each([
    ['too long', 'x'.repeat(129)],
    ['empty', ''],
    ['with a space', 'a b'],
    ['with a line break', 'a\nb'],
    ['ending in a line break', 'a\n'],
    ['with markup', '<script>'],
    ['beginning with a separator', '-a'],
    ['not of ASCII', 'é'],
    ['sent twice', ['a', 'b']],
    ['missing', undefined],
    ['null', null],
  ])('is a new one when the client sent one that is %s', (_why, header) => {
    const first = requestIdFrom(header);

    expect(first).toMatch(UUID);
    expect(requestIdFrom(header)).not.toBe(first);
  });
});

describe('a trace id', () => {
  const traceId = '4bf92f3577b34da6a3ce929d0e0e4736';
  const parentId = '00f067aa0ba902b7';

  it.each([
    ['sampled', `00-${traceId}-${parentId}-01`],
    ['not sampled', `00-${traceId}-${parentId}-00`],
    ['of a later version', `01-${traceId}-${parentId}-01`],
    ['of a later version, with more behind it', `cc-${traceId}-${parentId}-01-more`],
  ])('is read from a traceparent %s', (_what, header) => {
    expect(traceIdFrom(header)).toBe(traceId);
  });

  it.each([
    ['missing', undefined],
    ['empty', ''],
    ['without a version', `${traceId}-${parentId}-01`],
    ['too short', `00-${traceId.slice(1)}-${parentId}-01`],
    ['in capitals', `00-${traceId.toUpperCase()}-${parentId}-01`],
    ['all zeros', `00-${'0'.repeat(32)}-${parentId}-01`],
    ['with a parent of zeros', `00-${traceId}-${'0'.repeat(16)}-01`],
    ['of the forbidden version', `ff-${traceId}-${parentId}-01`],
    ['of version 00 with more behind it', `00-${traceId}-${parentId}-01-more`],
    ['of a later version with more glued to it', `01-${traceId}-${parentId}-01more`],
    ['sent twice', [`00-${traceId}-${parentId}-01`]],
  ])('is not read from a traceparent that is %s', (_what, header) => {
    expect(traceIdFrom(header)).toBeUndefined();
  });
});

import { describe, expect, it } from '@jest/globals';
import { resolveRequestIds, parseTraceId } from './read-request.js';

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

describe("a request's id", () => {
  it.each([
    '018f3c1e-7b3a-7000-8000-000000000001',
    '01ARZ3NDEKTSV4RRFFQ69G5FAV',
    '4bf92f3577b34da6a3ce929d0e0e4736',
    '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01',
    'ab'.repeat(8),
    'AB'.repeat(32),
  ])("is the client's: %s", (header) => {
    expect(resolveRequestIds(header)).toEqual({ requestId: header });
  });

  it.each([
    ['an e-mail address', 'ada@example.com'],
    ['a name', 'ada.lovelace-1815'],
    ['too many digits', 'ab'.repeat(33)],
    ['a line break', `${'ab'.repeat(8)}\n`],
  ])('is a new one when the client sent %s, which is kept beside it', (_what, header) => {
    const { requestId, clientRequestId } = resolveRequestIds(header);
    expect(requestId).toMatch(UUID);
    expect(clientRequestId).toBe(header);
    expect(resolveRequestIds(header).requestId).not.toBe(requestId);
  });

  it.each([
    ['missing', undefined],
    ['empty', ''],
    ['sent twice', ['a', 'b']],
  ])('is a new one alone when the header is %s', (_why, header) => {
    expect(resolveRequestIds(header)).toEqual({ requestId: expect.stringMatching(UUID) as unknown });
  });
});

describe('a trace id', () => {
  const traceId = '4bf92f3577b34da6a3ce929d0e0e4736';
  const parentId = '00f067aa0ba902b7';

  it.each([
    ['sampled', `00-${traceId}-${parentId}-01`],
    ['of a later version', `01-${traceId}-${parentId}-01`],
    ['of a later version, with more behind it', `cc-${traceId}-${parentId}-01-more`],
  ])('is read from a traceparent %s', (_what, header) => {
    expect(parseTraceId(header)).toBe(traceId);
  });

  it.each([
    ['missing', undefined],
    ['without a version', `${traceId}-${parentId}-01`],
    ['in capitals', `00-${traceId.toUpperCase()}-${parentId}-01`],
    ['all zeros', `00-${'0'.repeat(32)}-${parentId}-01`],
    ['of the forbidden version', `ff-${traceId}-${parentId}-01`],
    ['of a later version with more glued to it', `01-${traceId}-${parentId}-01more`],
    ['sent twice', [`00-${traceId}-${parentId}-01`]],
  ])('is not read from a traceparent that is %s', (_what, header) => {
    expect(parseTraceId(header)).toBeUndefined();
  });
});

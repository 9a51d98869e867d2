import { describe, expect, it } from '@jest/globals';
import { nearestName } from './nearest-name.js';

const KNOWN = ['tenantId', 'type', 'from', 'to', 'resourceType'];

describe('the nearest name', () => {
  it.each([
    ['tenantid', 'tenantId'],
    ['tenant', 'tenantId'],
    ['tpye', 'type'],
    ['typ', 'type'],
    ['resouceTyp', 'resourceType'],
    ['form', 'from'],
    ['colour', undefined],
    ['x', undefined],
    ['', undefined],
  ])('of %p is %p', (given, nearest) => {
    expect(nearestName(given, KNOWN)).toBe(nearest);
  });

  it('is none where nothing is known', () => {
    expect(nearestName('type', [])).toBeUndefined();
  });
});

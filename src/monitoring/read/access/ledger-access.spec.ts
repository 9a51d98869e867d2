import { describe, expect, it } from '@jest/globals';
import { grants, parseAccess, toSessionSettings } from './ledger-access.js';

describe('parseAccess', () => {
  it.each([
    [{ scope: 'all' }],
    [{ scope: 'tenants', tenantIds: [] }],
    [{ scope: 'tenants', tenantIds: ['a', 'b'] }],
    [{ scope: 'subject', subjectId: 'p-1' }],
  ])('accepts %j', (result) => {
    expect(parseAccess(result)).toEqual(result);
  });

  it.each([[false], [undefined], [null]])('treats %p as a refusal', (result) => {
    expect(parseAccess(result)).toBeUndefined();
  });

  it.each([
    [true],
    [{}],
    [{ scope: 'tenants' }],
    [{ scope: 'tenants', tenantIds: ['a', ''] }],
    [{ scope: 'tenants', tenantIds: ['a', 7] }],
    [{ scope: 'tenants', tenantIds: ['a\0'] }],
    [{ scope: 'subject' }],
    [{ scope: 'subject', subjectId: '' }],
    [{ scope: 'subject', subjectId: 'p\0' }],
  ])('refuses %j, which names nobody', (result) => {
    expect(() => parseAccess(result)).toThrow(expect.objectContaining({ code: 'AUDIT_ACCESS_INVALID' }));
  });
});

it('toSessionSettings quotes the tenants as an array of PostgreSQL', () => {
  expect(toSessionSettings({ scope: 'tenants', tenantIds: ['a', 'b","c', String.raw`d\e`] })).toEqual({
    'audit.reads': 'tenants',
    'audit.reads_of': String.raw`{"a","b\",\"c","d\\e"}`,
  });
});

it('grants the permission to change consumers only by a result that repeats it', () => {
  expect(grants({ scope: 'all' }, 'consumers')).toBe(false);
  expect(grants({ scope: 'all', permission: 'read' }, 'consumers')).toBe(false);
  expect(grants({ scope: 'all', permission: 'consumers' }, 'consumers')).toBe(true);
  expect(grants({ scope: 'all' }, 'read')).toBe(true);
});

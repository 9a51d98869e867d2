import { describe, expect, it } from '@jest/globals';
import { AuditError, MissingError, RefusedError } from '../../base/errors/audit.error.js';
import { declareErrors, ERROR_ROWS } from '../../base/errors/declare-errors.js';
import { hasCode } from '../../base/errors/error-facts.js';
import { httpErrors } from './http.errors.js';

const errors = declareErrors({
  AUDIT_NOT_FOUND: {
    kind: 'missing',
    status: 404,
    publicMessage: 'Cannot find it.',
    when: 'a hold is unknown',
    do: 'list the holds',
    message: (id: number, cause?: unknown) => ({ message: `Cannot find the hold ${id}.`, problems: ['the id'], cause }),
  },
  AUDIT_CONFLICT: {
    kind: 'refused',
    when: 'it is closed',
    do: 'open another',
    message: { taken: (name: string) => `Cannot save ${name}.`, tooMany: () => 'Cannot save more.' },
  },
});

describe('an error of a table', () => {
  it('has the class of its kind, its code, and what its row and its message say', () => {
    const cause = new Error('no');
    const error = errors.AUDIT_NOT_FOUND(7, cause);

    expect(error).toBeInstanceOf(MissingError);
    expect(error).toBeInstanceOf(AuditError);
    expect(error).toMatchObject({
      ...{ name: 'MissingError', code: 'AUDIT_NOT_FOUND', message: 'Cannot find the hold 7.', cause },
      ...{ problems: ['the id'], httpStatus: 404, publicMessage: 'Cannot find it.' },
    });
  });

  it('has a function for each case of its message, and nothing that the row does not say', () => {
    const error = errors.AUDIT_CONFLICT.taken('mine');

    expect(error).toBeInstanceOf(RefusedError);
    expect(Object.entries(error)).toEqual([
      ['code', 'AUDIT_CONFLICT'],
      ['name', 'RefusedError'],
    ]);
    expect(errors.AUDIT_CONFLICT.tooMany().message).toBe('Cannot save more.');
    expect(Object.hasOwn(errors.AUDIT_NOT_FOUND(7), 'cause')).toBe(false);
  });

  it('is a row of the page', () => {
    expect(ERROR_ROWS.map(([code]) => code)).toEqual(
      expect.arrayContaining(['AUDIT_NOT_FOUND', 'AUDIT_CONFLICT', 'AUDIT_UNAVAILABLE']),
    );
  });
});

it.each([
  [errors.AUDIT_NOT_FOUND(7), true],
  [httpErrors.AUDIT_UNAVAILABLE('a_b'), true],
  [errors.AUDIT_CONFLICT.tooMany(), false],
  [new Error('AUDIT_NOT_FOUND'), false],
  [undefined, false],
])('is recognised by its code: %s', (error, isOne) => {
  expect(hasCode(error, 'AUDIT_UNAVAILABLE', 'AUDIT_NOT_FOUND')).toBe(isOne);
});

import { describe, expect, it } from '@jest/globals';
import { en } from '../i18n/en/index.js';
import { findQualifier, nearest, QUALIFIERS } from './qualifiers.js';

describe('the qualifiers', () => {
  it('are each explained, and nothing else is', () => {
    const explained = Object.keys(en).filter((key) => key.startsWith('qualifier.'));
    expect(explained.sort()).toEqual(QUALIFIERS.map(({ name }) => `qualifier.${name.replace('.', '')}`).sort());
  });

  it('are found in any case, and by the name of their filter', () => {
    expect(findQualifier('Actor')?.filter).toBe('actorId');
    expect(findQualifier('actorId')?.name).toBe('actor');
    expect(findQualifier('details.x')?.name).toBe('details.');
    expect(findQualifier('details.')).toBeUndefined();
    expect(findQualifier('resourceType')).toBeUndefined();
  });
});

describe('nearest', () => {
  it('finds what was meant, and nothing far away', () => {
    expect(nearest('acter', ['type', 'actor'])).toBe('actor');
    expect(nearest('colour', ['type', 'actor'])).toBeUndefined();
  });
});

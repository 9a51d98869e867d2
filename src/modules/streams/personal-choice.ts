import { pseudonymizer, type JsonValue } from '../../audit/plain.js';
import type { PersonalPart } from '../monitoring/sealing/personal-part.js';

/** How a stream treats personal data: it sends it, sends pseudonyms, or leaves it out. */
export const PERSONAL_CHOICES = ['include', 'pseudonym', 'omit'] as const;

export type PersonalChoice = (typeof PERSONAL_CHOICES)[number];

/** Replaces every text, number and flag of the personal part by a pseudonym; the structure stays. */
export function pseudonymous(key: string | undefined): (part: PersonalPart) => PersonalPart {
  const pseudonym = pseudonymizer(key);
  const change = (value: JsonValue): JsonValue => {
    if (value === null) return null;
    if (Array.isArray(value)) return value.map(change);
    if (typeof value === 'object') {
      return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, change(each)]));
    }
    return pseudonym(String(value));
  };
  return (part) => Object.fromEntries(Object.entries(part).map(([pointer, value]) => [pointer, change(value)]));
}

import type { AuditEvent, JsonValue } from '../../audit/plain.js';
import { pseudonymizer } from '../../audit/plain.js';
import type { PersonalPart } from '../monitoring/sealing/personal-part.js';
import { factsOfRow, joinSound, type LedgerRow } from '../monitoring/store/ledger-row.js';

/** How a stream treats personal data: it sends it, sends pseudonyms, or leaves it out. */
export const PERSONAL_CHOICES = ['include', 'pseudonym', 'omit'] as const;

export type PersonalChoice = (typeof PERSONAL_CHOICES)[number];

/** Returns a function that makes the event of a row and its personal part, by the choice. */
export function eventMaker(
  personal: PersonalChoice,
  key: string | undefined,
): (row: LedgerRow, part: PersonalPart | undefined) => AuditEvent {
  if (personal === 'omit') return factsOfRow;
  if (personal === 'include') return (row, part) => joinSound(factsOfRow(row), part);
  const change = pseudonymous(pseudonymizer(key));
  return (row, part) => joinSound(factsOfRow(row), part && change(part));
}

/** Replaces every text, number and flag of the personal part by a pseudonym; the structure stays. */
function pseudonymous(pseudonym: (text: string) => string): (part: PersonalPart) => PersonalPart {
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

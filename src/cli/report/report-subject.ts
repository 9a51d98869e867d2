import type { ApplicationLogins } from '../../modules/monitoring/store/sessions/login-rights.js';
import type { Verification } from '../../modules/monitoring/verify/verification.js';
import type { LedgerFacts } from './read-facts.js';
import type { EventGroup } from './read-groups.js';
import type { ReportScope } from './report.js';
import { selects, type Selection } from './selection.js';
import type { ReportSettings } from './settings-of.js';

export interface SubjectParts {
  readonly scope: ReportScope;
  readonly facts: LedgerFacts;
  readonly groups: readonly EventGroup[];
  /** Absent if no application was given. */
  readonly settings: ReportSettings | undefined;
  readonly logins: ApplicationLogins | undefined;
  /** Absent if the ledger was not verified. */
  readonly verification: Verification | undefined;
  /** Whether the keys of the verification come from outside its database. */
  readonly isKeyGiven: boolean;
  /** See {@link LogHead.placesDue}. */
  readonly placesDue: number;
}

/** The complete input of the checks, which do no input or output themselves. */
export type ReportSubject = ReturnType<typeof subjectOf>;

export function subjectOf(parts: SubjectParts) {
  /** Returns the sum of a figure over the groups that a selection matches. */
  const sum = (selection: Selection, figure: (group: EventGroup) => number): number =>
    parts.groups.filter((group) => selects(selection, group)).reduce((total, group) => total + figure(group), 0);
  return {
    ...parts,
    sum,
    /** Whether the ledger was verified, and nothing contradicts the signatures of its keys. */
    isSound: parts.verification?.verdict === 'sound',
    /** Whether a reader of the places has passed all that are due. */
    hasPassed: (places: number): boolean => places > 0 && places >= parts.placesDue,
    /** Returns how many events of the time range are stored, including canaries. */
    stored: (): number => sum({}, ({ events, canaries }) => events + canaries),
    /** Returns how many events of the time range a selection matches. */
    count: (selection: Selection): number => sum(selection, ({ events }) => events),
  };
}

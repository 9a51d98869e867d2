import type { CheckKind, CheckResult, Figure, Verdict, ReportScope } from './report.js';
import { type Selection, selects } from './selection.js';
import type { ApplicationLogins } from '../../modules/monitoring/store/sessions/login-rights.js';
import type { Verification } from '../../modules/monitoring/verify/verification.js';
import type { LedgerFacts } from './read-facts.js';
import type { EventGroup } from './read-groups.js';
import type { ReportSettings } from './settings-of.js';

/** A check: defined once, and used by the clauses of all frameworks. */
export interface ReportCheck {
  /** The id; never reused for another check, since reports are compared by it. */
  readonly id: string;
  readonly kind: CheckKind;
  readonly title: string;
  readonly proves: string;
  readonly doesNotProve: string;
  /** Returns the query that another person can run. */
  readonly query: (subject: ReportSubject) => string;
  /** The events that are sampled as evidence. */
  readonly selection?: Selection;
  readonly look: (subject: ReportSubject) => CheckResult;
}

/** Makes a check of its id, its kind, its title and the rest. */
export function check(
  id: string,
  kind: CheckKind,
  title: string,
  more: Omit<ReportCheck, 'id' | 'kind' | 'title'>,
): ReportCheck {
  return { id, kind, title, ...more };
}

export function found(verdict: Verdict, answer: string, figures: Readonly<Record<string, Figure>> = {}): CheckResult {
  return { verdict, answer, figures };
}

/** The result of a check that needs the application's options and lacks them. */
export const NO_SETTINGS = found(
  'no-evidence',
  'No application was given, so its options are not known. Name the file of its root module.',
);

interface SubjectParts {
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

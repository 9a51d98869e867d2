import type { CheckKind, CheckResult, Figure, Verdict, ReportScope } from './report.js';
import { type Selection, selects } from './selection.js';
import type { ApplicationLogins } from '../../monitoring/store/sessions/login-rights.js';
import type { Verification } from '../../monitoring/proof/verify/verification.js';
import type { LedgerFacts } from './read-facts.js';
import type { EventGroup } from './read-groups.js';
import type { ReportSettings } from './settings-of.js';

/** A check that several clauses of several frameworks can share. */
export interface ReportCheck {
  /** The id of the check. Reports are compared by this id, so it is never reused for another check. */
  readonly id: string;
  readonly kind: CheckKind;
  readonly title: string;
  readonly proves: string;
  readonly doesNotProve: string;
  /** Returns the SQL query with which a reader of the report can repeat the check. */
  readonly query: (subject: ReportSubject) => string;
  /** Selects the events that are sampled as evidence. */
  readonly selection?: Selection;
  readonly look: (subject: ReportSubject) => CheckResult;
}

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

/** The result of a check that needs the application's options, if no options are given. */
export const NO_SETTINGS = found(
  'no-evidence',
  'No application was given, so its options are unknown. Name the file of its root module.',
);

interface SubjectParts {
  readonly scope: ReportScope;
  readonly facts: LedgerFacts;
  readonly groups: readonly EventGroup[];
  /** The settings of the application; absent if no application was given. */
  readonly settings: ReportSettings | undefined;
  readonly logins: ApplicationLogins | undefined;
  /** The result of verify; absent if the ledger was not verified. */
  readonly verification: Verification | undefined;
  /** Whether the verifier keys come from outside the database. */
  readonly isKeyGiven: boolean;
  /** The same number as {@link LogHead.placesDue}. */
  readonly placesDue: number;
}

/** The complete input of the checks, which are pure functions. */
export type ReportSubject = ReturnType<typeof subjectOf>;

export function subjectOf(parts: SubjectParts) {
  const sum = (selection: Selection, figure: (group: EventGroup) => number): number =>
    parts.groups.filter((group) => selects(selection, group)).reduce((total, group) => total + figure(group), 0);
  return {
    ...parts,
    sum,
    /** Whether the ledger was verified as sound. */
    isSound: parts.verification?.verdict === 'sound',
    /** Whether a reader of the log has read all events up to the required place. */
    hasPassed: (places: number): boolean => places > 0 && places >= parts.placesDue,
    /** Returns the number of stored events in the time range that match a selection. */
    count: (selection: Selection): number => sum(selection, ({ events }) => events),
  };
}

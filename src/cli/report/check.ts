import type { CheckKind, CheckResult, Figure } from './report.js';
import type { ReportSubject } from './report-subject.js';
import type { Selection } from './selection.js';
import type { Verdict } from './verdict.js';

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

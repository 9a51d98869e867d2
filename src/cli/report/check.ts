import type { CheckKind, CheckResult, Figure } from './report.js';
import type { ReportSubject } from './report-subject.js';
import type { Selection } from './selection.js';
import type { Verdict } from './verdict.js';

/** A check: defined once, and used by the clauses of any framework. */
export interface ReportCheck {
  /** Never reused for something else: reports are compared by it. */
  readonly id: string;
  readonly kind: CheckKind;
  readonly title: string;
  readonly proves: string;
  readonly doesNotProve: string;
  /** What another person can run. */
  readonly query: (subject: ReportSubject) => string;
  /** Which events are sampled as evidence. */
  readonly selection?: Selection;
  readonly look: (subject: ReportSubject) => CheckResult;
}

/** What a check found. */
export function found(verdict: Verdict, answer: string, figures: Readonly<Record<string, Figure>> = {}): CheckResult {
  return { verdict, answer, figures };
}

/** Of a check that needs the application's options. */
export const NO_SETTINGS = found(
  'no-evidence',
  'No application was given, so its options are not known. Name the file of its root module.',
);

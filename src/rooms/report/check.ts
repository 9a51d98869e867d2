import type { ApplicationLogins } from '../../monitoring/store/sessions/login-rights.js';
import type { Verification } from '../../monitoring/proof/verify/verification.js';
import type { ReportSettings } from './read-application.js';
import type { LedgerFacts } from './read-facts.js';
import type { EventGroup } from './read-log.js';

/** The possible results of a check, each with its meaning for a reader. */
export const RESULT_MEANINGS = {
  met: 'The ledger shows that the requirement is met.',
  'not-met': 'The ledger shows that the requirement is not met.',
  'cannot-tell': 'The ledger alone cannot tell. The answer names what is missing, or what a person has to judge.',
  'not-applicable': 'The application does not use the feature.',
} as const;

export type Result = keyof typeof RESULT_MEANINGS;
export const RESULTS = Object.keys(RESULT_MEANINGS) as readonly Result[]; // the object's own keys

const WORST_FIRST: readonly Result[] = ['not-met', 'cannot-tell', 'met', 'not-applicable'];

/** Returns the worst result of a list; for an empty list, `not-applicable`. A known failure is worse than an unanswered question. */
export function worstOf(results: readonly Result[]): Result {
  return WORST_FIRST.find((result) => results.includes(result)) ?? 'not-applicable';
}

/** The answer of a check, as a sentence. */
export interface Answer {
  readonly result: Result;
  readonly answer: string;
}

export type Figures = Readonly<Record<string, number | string>>;

/** A check that several clauses of several frameworks can share. */
export interface ReportCheck {
  /** The id of the check. Reports are compared by this id, so it is never reused for another check. */
  readonly id: string;
  readonly title: string;
  /** What the check looks at, with the command that shows the same. */
  readonly lookedAt: string;
  readonly doesNotProve: string;
  /**
   * The events that the check counts, as queries of the command `export`. An event has to match one of them; an empty filter
   * matches every event. Absent if the check counts no events of the time range.
   */
  readonly filters?: readonly string[];
  readonly figures?: (subject: ReportSubject) => Figures;
  readonly look: (subject: ReportSubject, figures: Figures) => Answer;
}

export function check(id: string, title: string, more: Omit<ReportCheck, 'id' | 'title'>): ReportCheck {
  return { id, title, ...more };
}

const answerOf =
  (result: Result) =>
  (answer: string): Answer => ({ result, answer });
export const met = answerOf('met');
export const notMet = answerOf('not-met');
export const cannotTell = answerOf('cannot-tell');
export const notApplicable = answerOf('not-applicable');

/** The answer of a check that needs the application's options, if no options are given. */
export const NO_SETTINGS = cannotTell(
  'No application was given, so its options are unknown. Name the file of its root module.',
);

/** A clause of a framework, in our own words, with the checks that give evidence for the clause. */
export interface Clause {
  /** The clause's number in the framework. */
  readonly id: string;
  readonly title: string;
  readonly question: string;
  readonly checks: readonly string[];
  /** What a person must do, such as interviews and reviews of policies. */
  readonly manual?: readonly string[];
}

/** A framework, with the clauses for which a log can give evidence. */
export interface Framework {
  readonly id: string;
  readonly title: string;
  readonly version: string;
  readonly clauses: readonly Clause[];
}

export function clause(id: string, title: string, more: Omit<Clause, 'id' | 'title'>): Clause {
  return { id, title, ...more };
}

interface SubjectParts {
  /** The number of events below the checkpoint. */
  readonly size: number;
  /** When the newest event below the checkpoint was accepted; absent while no event is sealed. */
  readonly asOf: Date | undefined;
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
  const sum = (filters: readonly string[], figure: (group: EventGroup) => number): number =>
    parts.groups
      .filter((group) => filters.some((filter) => matches(filter, group)))
      .reduce((total, group) => total + figure(group), 0);
  return {
    ...parts,
    sum,
    /** Whether the ledger was verified as sound. */
    isSound: parts.verification?.verdict === 'sound',
    /** Whether a reader of the log has read all events up to the required place. */
    hasPassed: (places: number): boolean => places > 0 && places >= parts.placesDue,
    /** Returns the number of stored events in the time range that match a filter. */
    count: (...filters: readonly string[]): number => sum(filters, ({ events }) => events),
  };
}

/** Each term of a filter, such as `outcome:failure,denied`, lists the values of a field of {@link EventGroup}. */
function matches(filter: string, group: EventGroup): boolean {
  const terms = filter.split(' ').filter((term) => term !== '');
  return terms.every((term) => {
    const [field = '', values = ''] = term.split(':');
    return values.split(',').includes(String(group[field as keyof EventGroup])); // another field matches nothing
  });
}

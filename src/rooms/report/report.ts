import type { LogInventory } from './log-inventory.js';

/** The possible verdicts of a check, each with its meaning for a reader. */
export const VERDICT_MEANINGS = {
  pass: 'The ledger shows that the requirement is met.',
  fail: 'The ledger shows that the requirement is not met.',
  partial: 'The ledger shows that a part of the requirement is met.',
  'no-evidence':
    'The ledger has no evidence. The ledger can show neither that the requirement is met nor that it is missed.',
  evidence: 'The ledger has events as evidence. A person has to judge them.',
  manual: 'Only a person can answer this.',
  'not-applicable': 'The application does not use the feature.',
  error: 'The check itself failed.',
} as const;

export type Verdict = keyof typeof VERDICT_MEANINGS;
export const VERDICTS = Object.keys(VERDICT_MEANINGS) as readonly Verdict[]; // the object's own keys

/** A known failure is worse than an unanswered question. */
const WORST_FIRST: readonly Verdict[] = [
  ...(['fail', 'error', 'no-evidence', 'partial', 'manual', 'evidence', 'pass', 'not-applicable'] as const),
];

/** Returns the worst verdict of a list; for an empty list, `not-applicable`. */
export function worstOf(verdicts: readonly Verdict[]): Verdict {
  return WORST_FIRST.find((verdict) => verdicts.includes(verdict)) ?? 'not-applicable';
}

/** What a check is about: settings, stored events, the log's proofs, or a person's answer. */
export type CheckKind = 'config' | 'population' | 'integrity' | 'attestation';

/** A number or a text that an answer contains. */
export type Figure = number | string;

/** The result of a check, without the check's definition. */
export interface CheckResult {
  readonly verdict: Verdict;
  readonly answer: string;
  readonly figures: Readonly<Record<string, Figure>>;
}

/** A sampled event with its index in the log, without its personal values. */
export interface SampledEvent {
  readonly id: string;
  readonly index: number;
  readonly occurredAt: string;
  readonly type: string;
  readonly outcome: string;
  readonly actorType: string;
  readonly tenantId?: string;
  readonly resource?: string;
  readonly leafHash: string;
  /**
   * The hashes, in base64, from the leaf's sibling up to the root's child. With these hashes, the reader of the report can compute the root
   * of the checkpoint.
   */
  readonly hashes: readonly string[];
}

export interface Sample {
  readonly seed: string;
  /** How events are drawn: in the order of SHA-256 over the seed, `:` and the event's id. */
  readonly algorithm: 'sha256-seed-id';
  readonly population: number;
  readonly events: readonly SampledEvent[];
}

export interface ReportedCheck extends CheckResult {
  readonly id: string;
  readonly kind: CheckKind;
  readonly title: string;
  readonly proves: string;
  readonly doesNotProve: string;
  /** The SQL query with which a reader of the report can get the same figures. */
  readonly query: string;
  readonly sample?: Sample;
}

export interface ReportedClause {
  readonly id: string;
  readonly title: string;
  readonly question: string;
  /** The worst verdict of the checks. */
  readonly verdict: Verdict;
  readonly answer: string;
  readonly checks: readonly string[];
  /** What a person must do; each step has the verdict `manual`. */
  readonly manual: readonly string[];
}

export interface ReportScope {
  readonly origin: string;
  /** The beginning of the time range, inclusive, in UTC (RFC 3339). */
  readonly from: string;
  /** The end of the time range, exclusive. */
  readonly to: string;
  /** When the newest event below the checkpoint was accepted. The report covers no later time. Absent while no event is sealed. */
  readonly asOf?: string;
  /** When the first event of the log was accepted. Absent while no event is sealed. */
  readonly beganAt?: string;
  /** The number of events below the checkpoint. */
  readonly size: number;
  /** The root of the checkpoint, in base64. */
  readonly root?: string;
  readonly checkpoint?: string;
  readonly events: number;
  readonly firstAt?: string;
  readonly lastAt?: string;
  /** The number of retired events in the whole log. */
  readonly retired: number;
  readonly retention: string;
  readonly completeness: string;
  /** The number of events that were read, and the number of all events. Absent if all were read. */
  readonly cut?: { readonly read: number; readonly of: number };
}

/** A report on one framework. With the same checkpoint and settings, the result is the same report. */
export interface Report {
  readonly format: 'nestjs-audit-ledger/report@v1';
  readonly framework: { readonly id: string; readonly title: string; readonly version: string };
  readonly scope: ReportScope;
  readonly verdicts: Readonly<Record<Verdict, number>>;
  readonly clauses: readonly ReportedClause[];
  readonly checks: readonly ReportedCheck[];
  /** The inventory of the application's event types; absent if no application was given. */
  readonly inventory?: LogInventory;
  /** The gaps of the report, each in a sentence. */
  readonly gaps: readonly string[];
}

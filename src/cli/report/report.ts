import type { LogInventory } from './log-inventory.js';
import type { Verdict } from './verdict.js';

/** How a check looks: at settings, at stored events, at the log's proofs, or not at all. */
export type CheckKind = 'config' | 'population' | 'integrity' | 'attestation';

/** A number or a text of an answer. */
export type Figure = number | string;

/** What a check found, without what it is. */
export interface CheckResult {
  readonly verdict: Verdict;
  /** A sentence or two. */
  readonly answer: string;
  readonly figures: Readonly<Record<string, Figure>>;
}

/** An event that was drawn, with its place. Its personal values are not among it. */
export interface SampledEvent {
  readonly id: string;
  readonly index: number;
  readonly occurredAt: string;
  readonly type: string;
  readonly outcome: string;
  readonly actorType: string;
  readonly tenantId?: string;
  readonly resource?: string;
  /** base64. */
  readonly leafHash: string;
  /** base64, from the leaf's sibling to the root's child: they lead to the root of the report's checkpoint. */
  readonly hashes: readonly string[];
}

/** Events that were drawn for a check. */
export interface Sample {
  readonly seed: string;
  /** How it was drawn: in the order of SHA-256 of seed, `:` and id. */
  readonly algorithm: 'sha256-seed-id';
  readonly population: number;
  readonly events: readonly SampledEvent[];
}

/** One check of a report. */
export interface ReportedCheck extends CheckResult {
  readonly id: string;
  readonly kind: CheckKind;
  readonly title: string;
  readonly proves: string;
  readonly doesNotProve: string;
  /** What another person can run to get the same figures. */
  readonly query: string;
  readonly sample?: Sample;
}

/** One clause of a framework. */
export interface ReportedClause {
  readonly id: string;
  readonly title: string;
  readonly question: string;
  /** The worst of its checks. */
  readonly verdict: Verdict;
  readonly answer: string;
  /** Names of checks. */
  readonly checks: readonly string[];
  /** What a person has to look at, or whom to talk to; each with the verdict `manual`. */
  readonly manual: readonly string[];
}

/** What is reported on, and how much of it there is. */
export interface ReportScope {
  readonly origin: string;
  /** RFC 3339, UTC; inclusive. */
  readonly from: string;
  /** Exclusive. */
  readonly to: string;
  /** When the newest event below the checkpoint was accepted: the report says nothing of later. Absent while nothing is sealed. */
  readonly asOf?: string;
  /** When the first event of the log was accepted. Absent as above. */
  readonly beganAt?: string;
  /** How many events the checkpoint covers. */
  readonly size: number;
  /** base64. */
  readonly root?: string;
  /** The signed note. */
  readonly checkpoint?: string;
  /** Sealed events in the time range. */
  readonly events: number;
  readonly firstAt?: string;
  readonly lastAt?: string;
  /** Places that were retired, in the whole log. */
  readonly retired: number;
  readonly retention: string;
  readonly completeness: string;
  /** Set where not everything was read: how much was. */
  readonly cut?: { readonly read: number; readonly of: number };
}

/** A report on one framework. Made twice of the same checkpoint and settings, it is the same. */
export interface Report {
  readonly format: 'nestjs-audit-ledger/report@v1';
  readonly framework: { readonly id: string; readonly title: string; readonly version: string };
  readonly scope: ReportScope;
  readonly verdicts: Readonly<Record<Verdict, number>>;
  readonly clauses: readonly ReportedClause[];
  readonly checks: readonly ReportedCheck[];
  /** Absent where no application was given. */
  readonly inventory?: LogInventory;
  /** What the report does not show: a sentence each. */
  readonly gaps: readonly string[];
}

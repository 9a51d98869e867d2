import type { ArchiveReport } from './checks/check-archives.js';
import type { CosignedCheckpoint, WitnessCheck } from './checks/check-witnesses.js';
import type { Finding } from './finding.js';
import type { AdoptionReport } from './checks/check-published.js';

export interface Verification {
  /** `sound`: nothing contradicts the signatures of the known keys. */
  readonly verdict: 'sound' | 'tampered';
  readonly origin: string;
  /** The number of events in the log, according to its newest signed checkpoint. */
  readonly size: number;
  /** The number of events that this run recomputed. Earlier events were verified before, or a signed tree covers them. */
  readonly checked: number;
  /** The number of checked events whose personal part was erased. The facts of these events are proven. */
  readonly erased: number;
  /**
   * The number of checked events that were correctly retired: their leaves remain, and the log states the policy. For downloaded files: the
   * number of events in bundles that are missing because of retirements.
   */
  readonly retired: number;
  /** The report about the archives of retired events. Absent if no event is retired and no archive is given. */
  readonly archives?: ArchiveReport;
  /** The adoptions of the log, each of which gave up signed heads; absent without adoptions. */
  readonly adoptions?: readonly AdoptionReport[];
  /** The number of stored events that no checkpoint covers yet. */
  readonly waiting: number;
  /** The newest signed note; absent in an empty log. */
  readonly checkpoint?: string;
  /** The findings ordered by index; at most 1,000. */
  readonly findings: readonly Finding[];
  /** The number of all findings. Beyond 100,000, the true number may be higher. */
  readonly totalFindings: number;
  /** Facts that weaken the verdict, or that somebody should check, as sentences. */
  readonly warnings: readonly string[];
  /** The newest checkpoint with the required cosignatures. */
  readonly cosigned?: CosignedCheckpoint;
  /** Missing protection against changes, as sentences. Present only if a database lacks protection. */
  readonly unprotected?: readonly string[];
}

/** The counts of a verification that could not begin. */
export const NOTHING = { size: 0, checked: 0, erased: 0, retired: 0, waiting: 0, warnings: [] } as const;

const MAX_FINDINGS = 1_000;

/** Returns the verdict that follows from findings, and the findings ordered by index. */
export function verdictOf(findings: readonly Finding[]): Pick<Verification, 'verdict' | 'findings' | 'totalFindings'> {
  const sorted = findings.toSorted((one, other) => (one.index ?? Infinity) - (other.index ?? Infinity) || 0);
  return {
    verdict: findings.length === 0 ? 'sound' : 'tampered',
    findings: sorted.slice(0, MAX_FINDINGS),
    totalFindings: findings.length,
  };
}

export function withWitnesses(
  verification: Verification,
  { findings, warnings, cosigned }: WitnessCheck,
): Verification {
  return {
    ...verification,
    ...(findings.length > 0 ? { verdict: 'tampered' } : {}),
    findings: [...verification.findings, ...findings],
    totalFindings: verification.totalFindings + findings.length,
    warnings: [...verification.warnings, ...warnings],
    ...(cosigned ? { cosigned } : {}),
  };
}

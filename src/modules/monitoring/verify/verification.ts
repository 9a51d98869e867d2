import type { ArchiveReport } from './check-archives.js';
import type { CosignedCheckpoint, WitnessCheck } from './check-witnesses.js';
import type { Finding } from './finding.js';
import type { AdoptionReport } from './given-up.js';

/** The result of a verification. */
export interface Verification {
  /** `sound` means that nothing contradicts what the known keys signed. */
  readonly verdict: 'sound' | 'tampered';
  readonly origin: string;
  /** The number of events in the log, by its newest signed checkpoint. */
  readonly size: number;
  /** How many of them were recomputed now; the others were verified before, or a checkpoint covers them. */
  readonly checked: number;
  /** How many of those had their personal part erased; their remaining facts are proven. */
  readonly erased: number;
  /**
   * How many of them were rightly retired: their leaves remain, and the log states the policy. For downloaded files: how many are in
   * bundles that are no longer served for that reason.
   */
  readonly retired: number;
  /** Which archives prove the retired events. Absent if none was retired, and no archive given. */
  readonly archives?: ArchiveReport;
  /** The adoptions of the log, which gave up signed heads; absent for none. */
  readonly adoptions?: readonly AdoptionReport[];
  /** The number of stored events that are not sealed yet. */
  readonly waiting: number;
  /** The newest signed note; absent in an empty log. */
  readonly checkpoint?: string;
  /** The findings by place; at most 1,000. */
  readonly findings: readonly Finding[];
  /** The number of all findings; beyond 100,000, a lower bound. */
  readonly totalFindings: number;
  /** Facts that weaken the verdict, or need a look, as sentences. */
  readonly warnings: readonly string[];
  /** The newest checkpoint that the required witnesses cosigned. */
  readonly cosigned?: CosignedCheckpoint;
  /** Missing protection against changes, as sentences. Only for a database, and only if there is any. */
  readonly unprotected?: readonly string[];
}

/** The counts of a verification that could not begin. */
export const NOTHING = { size: 0, checked: 0, erased: 0, retired: 0, waiting: 0, warnings: [] } as const;

const MAX_FINDINGS = 1_000;

/** The verdict over findings, which are sorted by place. */
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

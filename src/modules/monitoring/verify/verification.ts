import type { ArchiveReport } from './check-archives.js';
import type { CosignedCheckpoint } from './check-witnesses.js';
import type { Finding } from './finding.js';
import type { AdoptionReport } from './given-up.js';

/** What a verification found. */
export interface Verification {
  /** `sound`: nothing contradicts what the known keys signed. */
  readonly verdict: 'sound' | 'tampered';
  readonly origin: string;
  /** How many events the log has, by its newest signed checkpoint. */
  readonly size: number;
  /** How many of them were recomputed now; the others were verified before, or are vouched for by a checkpoint. */
  readonly checked: number;
  /** How many of those had their personal part erased: their remaining facts are proven all the same. */
  readonly erased: number;
  /**
   * How many of them were retired, rightly: their leaves are left, and the log says by which policy. Of downloaded files, how
   * many are in bundles that are not served any more for that reason.
   */
  readonly retired: number;
  /** Of the retired ones: which archives prove what they were. Absent where none was retired and no archive given. */
  readonly archives?: ArchiveReport;
  /** The adoptions of the log, which give signed heads up; absent for none. */
  readonly adoptions?: readonly AdoptionReport[];
  /** Events that are stored and not sealed yet. */
  readonly waiting: number;
  /** The newest signed note; absent in an empty log. */
  readonly checkpoint?: string;
  /** By place; at most 1,000. */
  readonly findings: readonly Finding[];
  /** How many there are in all; beyond 100,000, at least so many. */
  readonly totalFindings: number;
  /** What weakens the verdict, or needs a look; sentences. */
  readonly warnings: readonly string[];
  /** The newest checkpoint that the demanded witnesses cosigned. */
  readonly cosigned?: CosignedCheckpoint;
  /** What would have refused a change, and does not: sentences. Of a database alone, and only where there is something. */
  readonly unprotected?: readonly string[];
}

/** The most findings that are named. */
const MAX_FINDINGS = 1_000;

/** A verdict over findings, which are put in the order of their places. */
export function verdictOf(findings: readonly Finding[]): Pick<Verification, 'verdict' | 'findings' | 'totalFindings'> {
  const sorted = findings.toSorted((one, other) => (one.index ?? Infinity) - (other.index ?? Infinity) || 0);
  return {
    verdict: findings.length === 0 ? 'sound' : 'tampered',
    findings: sorted.slice(0, MAX_FINDINGS),
    totalFindings: findings.length,
  };
}

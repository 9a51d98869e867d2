import type { AdoptionReport } from '../../keep/acts/adoption-act.js';
import type { TreeEdge } from '../log/tiles/tree-edge.js';
import type { Finding } from './finding.js';

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
  /** Missing protection against changes, as sentences. No verdict depends on it: a command adds what `findUnprotected` finds. */
  readonly unprotected?: readonly string[];
}

/** What the given archives prove about retired events, and which archives are missing. */
export interface ArchiveReport {
  /** The number of checked retired events that a sound archive contains. */
  readonly proven: number;
  /** The number of checked retired events in archives that were not given, or are not sound. */
  readonly unseen: number;
  /** The names of the sound archives. */
  readonly seen: readonly string[];
  /** The names of archives that an act of retirement states, but that were not given, or are not sound. */
  readonly missing: readonly string[];
}

export interface WitnessDemand {
  /** Verifier keys of witnesses (tlog-cosignature, v1). Keys with the same name belong to one witness. */
  readonly keys: readonly string[];
  /** @defaultValue the number of witnesses */
  readonly quorum?: number;
}

export interface CosignedCheckpoint {
  readonly size: number;
  readonly witnesses: readonly string[];
}

export interface VerificationProgress {
  readonly checked: number;
  readonly size: number;
  readonly erased: number;
  readonly retired: number;
  /** A later run can resume from this edge. Absent while a leaf is undecided. */
  readonly edge?: TreeEdge;
}

const MAX_FINDINGS = 1_000;

/** Returns the verdict that follows from findings, and the findings ordered by index. */
export function toVerdict(findings: readonly Finding[]): Pick<Verification, 'verdict' | 'findings' | 'totalFindings'> {
  const sorted = findings.toSorted((one, other) => (one.index ?? Infinity) - (other.index ?? Infinity) || 0);
  return {
    verdict: findings.length === 0 ? 'sound' : 'tampered',
    findings: sorted.slice(0, MAX_FINDINGS),
    totalFindings: findings.length,
  };
}

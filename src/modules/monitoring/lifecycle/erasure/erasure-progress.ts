import { AuditError, canonicalJson, parseJson } from '../../../../audit/plain.js';
import type { CheckpointTrust } from '../../log/notes/checkpoint.js';
import { verifyNote } from '../../log/notes/signed-note.js';
import { ActsContradictedError } from '../followed-acts.js';
import { NOTHING_FOUND, type ErasureCounts, type ErasureState } from './erasure.js';
import { NOTHING_REMAINS, type ErasureRemains } from './remains.js';

/** The first line, so that none is taken for any other text that the key signs. */
const TYPE = 'nestjs-audit-ledger/erasure-progress@v1';

/** How far an erasure is. An earlier state than the last is no harm: each step can be done again. */
export interface ErasureProgress {
  readonly state: ErasureState;
  readonly startedAt?: string | undefined;
  readonly finishedAt?: string | undefined;
  /** The smallest id that it does not cover any more. */
  readonly until?: string | undefined;
  /** The first transaction that it does not wait for, as PostgreSQL writes it. */
  readonly horizon?: string | undefined;
  /** The transactions that it waits for, by their virtual ids; prepared ones by their numbers. */
  readonly transactions: readonly string[];
  /** The last event that was looked at in this state. */
  readonly position?: string | undefined;
  readonly counts: ErasureCounts;
  readonly remains: ErasureRemains;
  readonly checkpointBefore?: string | undefined;
  /** Of the event `audit_subject_erased`. */
  readonly eventId?: string | undefined;
}

/** Before its first step. */
export const NOTHING_DONE: ErasureProgress = {
  state: 'planned',
  transactions: [],
  counts: NOTHING_FOUND,
  remains: NOTHING_REMAINS,
};

/** Which erasure the progress is of: the act that requested it has the number. */
export interface ProgressOf {
  readonly id: string;
  readonly request: number;
}

/** The text to sign. */
export function formatProgress(origin: string, { id, request }: ProgressOf, progress: ErasureProgress): string {
  const fields = Object.entries(progress).filter(([, value]) => value !== undefined);
  return `${TYPE}\n${origin}\n${canonicalJson({ ...Object.fromEntries(fields), erasureId: id, request })}\n`;
}

/** @throws ActsContradictedError (`AUDIT_ACTS_CONTRADICTED`) for what the ledger's key did not sign, or of another request */
export function readProgress(note: string, { id, request }: ProgressOf, trust: CheckpointTrust): ErasureProgress {
  const [type, origin, json = ''] = signedText(note, id, trust).split('\n');
  if (type !== TYPE || origin !== trust.origin) throw ActsContradictedError.create(forgedProgress(id));
  const { erasureId, request: of, ...progress } = parseJson(json) as ProgressJson; // signed, so it is what formatProgress wrote
  if (erasureId !== id || of !== request) throw ActsContradictedError.create(forgedProgress(id));
  return progress;
}

type ProgressJson = ErasureProgress & { readonly erasureId: string; readonly request: number };

function signedText(note: string, id: string, { keys }: CheckpointTrust): string {
  try {
    return verifyNote(note, keys).text;
  } catch (error) {
    if (error instanceof AuditError) throw ActsContradictedError.create(forgedProgress(id));
    throw error;
  }
}

function forgedProgress(id: string): string {
  return `how far the erasure ${id} is was not written by the application`;
}

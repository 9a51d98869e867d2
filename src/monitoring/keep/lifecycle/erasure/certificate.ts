import { canonicalJson } from '../../../../audit/nest-free.js';
import { verifyAct } from '../../acts/act-note.js';
import { findContradiction, digestCertificate, collectErased } from '../../acts/erasure-act.js';
import { verifyCheckpoint, type CheckpointTrust } from '../../../proof/log/notes/checkpoint.js';
import { parseVerifierKey } from '../../../proof/log/notes/note-signer.js';
import { formatStatement, readStatement } from '../../../proof/log/notes/statement.js';
import type { Erasure } from './erasure.dto.js';
import { totalEvents } from './erasure-progress.js';
import { lifecycleErrors } from '../../../errors/keep.errors.js';

const KIND = 'erasure';

/** The content of a certificate. Times are RFC 3339, UTC. Hashes are base64. */
export interface ErasureCertificate
  extends
    Readonly<Pick<Erasure, 'subjectId' | 'requestedBy' | 'reason' | 'requestedAt' | 'counts' | 'remnants'>>,
    Readonly<Required<Pick<Erasure, 'startedAt' | 'finishedAt'>>> {
  readonly erasureId: string;
  /** The number of the act that requested the erasure. */
  readonly request: number;
  /** The erasure covers only events with a smaller id. */
  readonly until: string;
  /** The number of identifiers that the erasure searched for. The certificate does not contain the identifiers. */
  readonly identifiers: number;
  readonly erasedEvents: number;
  /** The event `audit_subject_erased`. */
  readonly event: { readonly id: string; readonly index: number };
  /** The newest checkpoint at the time when the erasure began; `null` if nothing was sealed. */
  readonly checkpointBefore: CheckpointHead | null;
  /** The first checkpoint whose tree contains the event `audit_subject_erased`. */
  readonly checkpointAfter: CheckpointHead;
}

export interface CheckpointHead {
  readonly size: number;
  readonly root: string;
}

/**
 * Verifies the note of a checkpoint, and returns the checkpoint's head.
 *
 * @throws `AUDIT_PROOF_WRONG` if a signature is wrong, `AUDIT_NOTE_UNVERIFIED` if no known key
 *   signed the note
 */
export function verifyHead(note: string, trust: CheckpointTrust): CheckpointHead {
  const { size, rootHash } = verifyCheckpoint(note, trust).checkpoint;
  return { size, root: Buffer.from(rootHash).toString('base64') };
}

/** Returns the text of a certificate. The caller has to sign the text. */
export function formatCertificate(origin: string, certificate: ErasureCertificate): string {
  return formatStatement(KIND, origin, certificate);
}

interface CertificateTrust extends Pick<CheckpointTrust, 'origin'> {
  /** The log's verifier keys as texts, including its former keys. */
  readonly keys: readonly string[];
  /**
   * The signed notes of the ledger's acts, in any order. The events `audit_erasure_requested`, `audit_events_erased` and
   * `audit_erasure_completed` contain the notes as the detail `act`. Without notes, only the signature and the counts are verified.
   */
  readonly acts?: readonly string[] | undefined;
}

/**
 * Reads a certificate, and verifies its signature and its counts. If acts are given, checks that the acts state the certificate's request,
 * counts and digest.
 *
 * @param note the signed note, from `GET /audit/erasures/<id>`
 * @throws `AUDIT_CERTIFICATE_INVALID` if the certificate contradicts itself or the acts; and the errors of {@link
 *   readStatement}
 */
export function verifyCertificate(note: string, { origin, keys, acts }: CertificateTrust): ErasureCertificate {
  const trust = { origin, keys: keys.map(parseVerifierKey) };
  const certificate = readStatement(note, KIND, trust) as ErasureCertificate; // the note is signed, so formatCertificate() wrote it
  if (totalEvents(certificate.counts) !== certificate.erasedEvents) {
    throw lifecycleErrors.AUDIT_CERTIFICATE_INVALID('its counts contradict each other');
  }
  const contradiction = acts && findContradictingAct(note, certificate, trust, acts);
  if (contradiction !== undefined) throw lifecycleErrors.AUDIT_CERTIFICATE_INVALID(contradiction);
  return certificate;
}

function findContradictingAct(
  note: string,
  { erasureId, request, subjectId, requestedBy, reason, counts }: ErasureCertificate,
  trust: CheckpointTrust,
  notes: readonly string[],
): string | undefined {
  const acts = new Map([...new Set(notes)].map((each) => verifyAct(each, trust)).map((act) => [act.number, act]));
  const stated = { id: erasureId, subjectId, requestedBy: { ...requestedBy }, reason };
  const requested = acts.get(request);
  if (requested?.statement.act !== 'erasure_request')
    return `act ${request} is not given, or does not request an erasure`;
  const other = findContradiction(stated, requested.statement);
  if (other !== undefined) return `it contradicts act ${request}: ${other}`;
  const completed = [...acts.values()].find(
    ({ statement }) => statement.act === 'erasure_completion' && statement.request === request,
  );
  if (completed?.statement.certificate !== digestCertificate(note)) return 'no act has its digest';
  const { events, archived } = collectErased(acts.values(), { erasureId, request, completion: completed.number });
  const isSame = canonicalJson(events) === canonicalJson(counts.events) && archived === counts.archived;
  return isSame ? undefined : 'the acts state other numbers of erased events';
}

import { selectRelatedIds } from '../../../store/is-related.js';
import { digestSubject } from '../../acts/erasure-act.js';
import type { CheckpointTrust } from '../../../proof/log/notes/checkpoint.js';
import { formatStatement, readStatement } from '../../../proof/log/notes/statement.js';
import { splitNotes } from '../../../operate/publishing/note-file.js';
import type { LedgerQueries } from '../../../store/sessions/ledger-session.js';
import { hasCode } from '../../../../base/errors/error-facts.js';

export interface ErasureFileOptions {
  readonly erasureFile: string;
}

export const ERASURE_OPTIONS = Symbol.for('nestjs-audit-ledger:erasure-options');

const KIND = 'erased';
/** A key service may sign at most 4,096 bytes. An id has 39 bytes here. */
const EVENTS_PER_NOTE = 80;

/**
 * What the certificate file contains about an erasure. The record suffices to repeat the erasure, and contains no data of the person in
 * clear text.
 */
export interface CertificateRecord {
  readonly erasureId: string;
  /** RFC 3339, UTC. */
  readonly finishedAt: string;
  /** The digest of the person's id, by `digestSubject`. */
  readonly subject: string;
  /** The ids of the erasure's events `audit_subject_erased`: one for the erasure, and one for each repetition. */
  readonly recordIds: readonly string[];
  /** The ids of the events whose personal parts were erased, including events in archives. */
  readonly eventIds: readonly string[];
}

/** An erasure that a restore of the database or of an archive undid. */
export interface UndoneErasure {
  readonly certificate: CertificateRecord;
  /** The number of the erased events that have a personal part again, in the ledger or in an archive. */
  readonly personalEvents: number;
  /** Whether the ledger has an event `audit_subject_erased` for the erasure. */
  readonly isRecorded: boolean;
  /** The id of the person, if an event contains it. */
  readonly subjectId: string | undefined;
}

/** If the event `audit_subject_erased` was retired, its leaf still shows that the erasure is recorded. */
const COUNT_REAPPEARED = `
  SELECT (SELECT count(*)::int FROM (SELECT id FROM audit_event WHERE id = ANY ($1::uuid[]) AND personal_salt IS NOT NULL
                                     UNION SELECT unnest($3::uuid[])) AS personal) AS personal_events,
         EXISTS (SELECT FROM audit_leaf WHERE event_id = ANY ($2::uuid[]))
           OR EXISTS (SELECT FROM audit_event WHERE id = ANY ($2::uuid[])) AS is_recorded`;
const RELATED_USERS = selectRelatedIds({ related: 'related', personal: 'personal' }, `'user'`);
const SELECT_PERSONS = `
  SELECT DISTINCT person FROM audit_event,
    unnest(ARRAY[actor_id, on_behalf_of->>'id', CASE WHEN resource_type = 'user' THEN resource_id END]
      || ${RELATED_USERS}) AS person
   WHERE id = ANY ($1::uuid[]) AND person IS NOT NULL`;

/** Returns the texts to sign: one text for each 80 events. */
export function formatCertificateRecord(
  origin: string,
  { eventIds, ...certificate }: CertificateRecord,
): readonly string[] {
  const parts = Math.max(Math.ceil(eventIds.length / EVENTS_PER_NOTE), 1);
  return Array.from({ length: parts }, (_, nth) => {
    const part = eventIds.slice(nth * EVENTS_PER_NOTE, (nth + 1) * EVENTS_PER_NOTE);
    return formatStatement(KIND, origin, { ...certificate, eventIds: part });
  });
}

/**
 * Reads the certificates from a file of signed notes. Leaves out the last note if a crash cut it off.
 *
 * @throws the errors of {@link readStatement}
 */
export function parseCertificateRecords(text: string, trust: CheckpointTrust): readonly CertificateRecord[] {
  const found = new Map<string, CertificateRecord>();
  const notes = text === '' ? [] : splitNotes(text);
  for (const [nth, note] of notes.entries()) {
    const part = readPart(note, trust, nth === notes.length - 1);
    if (!part) continue;
    const { recordIds, eventIds } = found.get(part.erasureId) ?? { recordIds: [], eventIds: [] };
    found.set(part.erasureId, {
      ...part,
      recordIds: [...new Set([...recordIds, ...part.recordIds])],
      eventIds: [...new Set([...eventIds, ...part.eventIds])],
    });
  }
  return [...found.values()];
}

function readPart(note: string, trust: CheckpointTrust, isLast: boolean): CertificateRecord | undefined {
  try {
    return readStatement(note, KIND, trust) as CertificateRecord; // the note is signed, so formatCertificateRecord() wrote it
  } catch (error) {
    if (isLast && hasCode(error, 'AUDIT_PROOF_INVALID')) return undefined;
    throw error;
  }
}

/** Archived events that have a personal part: the id of each event, and the ids of the event's persons. */
export type ArchivedPersonalEvents = ReadonlyMap<string, readonly string[]>;

/**
 * Finds the erasures that a restore undid, completely or in part. Rejects with the error of the PostgreSQL client.
 *
 * @param archived the archived events of the certificates that have a personal part. @defaultValue archives are not checked
 */
export async function findUndone(
  snapshot: LedgerQueries,
  certificates: readonly CertificateRecord[],
  archived: ArchivedPersonalEvents = new Map(),
): Promise<readonly UndoneErasure[]> {
  const undone: UndoneErasure[] = [];
  for (const certificate of certificates) {
    const { erasureId, subject, eventIds, recordIds } = certificate;
    const inArchives = eventIds.filter((id) => archived.has(id));
    const [row] = await snapshot.rows(COUNT_REAPPEARED, [eventIds, recordIds, inArchives]);
    const [personalEvents, isRecorded] = [Number(row?.personal_events), row?.is_recorded === true];
    if (personalEvents === 0 && isRecorded) continue;
    const stored = (await snapshot.rows(SELECT_PERSONS, [eventIds])).map(({ person }) => String(person));
    const persons = [...stored, ...inArchives.flatMap((id) => archived.get(id) ?? [])];
    const subjectId = persons.find((person) => digestSubject(erasureId, person) === subject);
    undone.push({ certificate, personalEvents, isRecorded, subjectId });
  }
  return undone;
}

/** Describes an undone erasure in one sentence that does not name the person. */
export function describeUndone({ certificate, personalEvents, isRecorded }: UndoneErasure): string {
  const what = [
    ...(personalEvents > 0 ? [`${personalEvents} of its events have a personal part again`] : []),
    ...(isRecorded ? [] : ['its event audit_subject_erased is missing']),
  ];
  return `The erasure ${certificate.erasureId} of ${certificate.finishedAt} is undone: ${what.join(', and ')}.`;
}

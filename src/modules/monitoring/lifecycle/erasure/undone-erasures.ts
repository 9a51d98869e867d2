import type { LedgerSession } from '../../store/sessions/ledger-session.js';
import { subjectDigest } from '../../acts/erasure-act.js';
import type { KeptCertificate } from './kept-certificate.js';

/** An erasure that a restore undid in the ledger. */
export interface UndoneErasure {
  readonly certificate: KeptCertificate;
  /** How many of its events have a personal part again. */
  readonly personalEvents: number;
  /** Whether an event `audit_subject_erased` of it is in the ledger. */
  readonly isRecorded: boolean;
  /** The id of the person, if one of the events still has it. */
  readonly subjectId?: string;
}

const PERSONAL =
  'SELECT count(*)::int AS count FROM audit_event WHERE id = ANY ($1::uuid[]) AND personal_salt IS NOT NULL';
/** Also finds an event that was retired since, by its leaf. */
const RECORDED = `
  SELECT EXISTS (SELECT FROM audit_leaf WHERE event_id = ANY ($1::uuid[]))
      OR EXISTS (SELECT FROM audit_event WHERE id = ANY ($1::uuid[])) AS is_recorded`;
const PERSONS = `
  SELECT DISTINCT person FROM audit_event,
    unnest(ARRAY[actor_id, on_behalf_of->>'id', CASE WHEN resource_type = 'user' THEN resource_id END]) AS person
   WHERE id = ANY ($1::uuid[]) AND person IS NOT NULL`;

/** Finds the certificates whose erasures a restore of the database undid, whole or in part. Rejects with the client's error. */
export async function findUndone(
  snapshot: Pick<LedgerSession, 'rows'>,
  certificates: readonly KeptCertificate[],
): Promise<readonly UndoneErasure[]> {
  const undone: UndoneErasure[] = [];
  for (const certificate of certificates) {
    const [personal] = await snapshot.rows(PERSONAL, [certificate.eventIds]);
    const [record] = await snapshot.rows(RECORDED, [certificate.recordIds]);
    const personalEvents = Number(personal?.count);
    const isRecorded = record?.is_recorded === true;
    if (personalEvents === 0 && isRecorded) continue;
    const subjectId = await findSubject(snapshot, certificate);
    undone.push({ certificate, personalEvents, isRecorded, ...(subjectId === undefined ? {} : { subjectId }) });
  }
  return undone;
}

/** Describes it in one sentence, without naming the person. */
export function describeUndone({ certificate, personalEvents, isRecorded }: UndoneErasure): string {
  const what = [
    ...(personalEvents > 0 ? [`${personalEvents} of its events have a personal part again`] : []),
    ...(isRecorded ? [] : ['its event audit_subject_erased is missing']),
  ];
  return `The erasure ${certificate.erasureId} of ${certificate.finishedAt} is undone: ${what.join(', and ')}.`;
}

async function findSubject(
  snapshot: Pick<LedgerSession, 'rows'>,
  { erasureId, subject, eventIds }: KeptCertificate,
): Promise<string | undefined> {
  const persons = (await snapshot.rows(PERSONS, [eventIds])).map(({ person }) => String(person));
  return persons.find((person) => subjectDigest(erasureId, person) === subject);
}

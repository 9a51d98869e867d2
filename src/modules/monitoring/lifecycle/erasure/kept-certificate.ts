import { canonicalJson, parseJson } from '../../../../audit/plain.js';
import type { CheckpointTrust } from '../../log/notes/checkpoint.js';
import { InvalidNoteError } from '../../log/notes/note.error.js';
import { verifyNote } from '../../log/notes/signed-note.js';
import { splitNotes } from '../../publishing/note-file.js';
import { InvalidCertificateError } from './privacy.error.js';

/** The first line, so that none is taken for a checkpoint or for any other text that the key signs. */
const TYPE = 'nestjs-audit-ledger/erased@v1';
/** So that a note stays below the size that notes may have. */
const EVENTS_OF_A_NOTE = 10_000;

/** What is kept of an erasure outside of the database: enough to repeat it, and nothing of the person in clear. */
export interface KeptCertificate {
  readonly erasureId: string;
  /** When it ended: RFC 3339, UTC. */
  readonly finishedAt: string;
  /** As `subjectDigest` has it. */
  readonly subject: string;
  /** The ids of the events `audit_subject_erased` about it: one, and one more each time that it was repeated. */
  readonly recordIds: readonly string[];
  /** The events whose personal parts were erased, those in archives too. */
  readonly eventIds: readonly string[];
}

/** The texts to sign: one, and one more for each further 10,000 events. */
export function formatKept(origin: string, { eventIds, ...certificate }: KeptCertificate): readonly string[] {
  const parts = Math.max(Math.ceil(eventIds.length / EVENTS_OF_A_NOTE), 1);
  return Array.from({ length: parts }, (_, nth) => {
    const part = eventIds.slice(nth * EVENTS_OF_A_NOTE, (nth + 1) * EVENTS_OF_A_NOTE);
    return `${TYPE}\n${origin}\n${canonicalJson({ ...certificate, eventIds: part })}\n`;
  });
}

/**
 * The certificates of a file of signed notes, one an erasure, in its order. What a crash cut off is left out.
 *
 * @throws InvalidCertificateError (`AUDIT_CERTIFICATE_INVALID`) for another text or that of another ledger; ForgedNoteError
 *   (`AUDIT_NOTE_FORGED`), UnverifiedNoteError (`AUDIT_NOTE_UNVERIFIED`) for a signature that is wrong, or none
 */
export function readKept(text: string, trust: CheckpointTrust): readonly KeptCertificate[] {
  const found = new Map<string, KeptCertificate>();
  const notes = text === '' ? [] : splitNotes(text);
  for (const [nth, note] of notes.entries()) {
    const part = readPart(note, trust, nth === notes.length - 1);
    if (part) found.set(part.erasureId, joined(found.get(part.erasureId), part));
  }
  return [...found.values()];
}

function joined(known: KeptCertificate | undefined, part: KeptCertificate): KeptCertificate {
  if (!known) return part;
  const union = (some: readonly string[], more: readonly string[]): readonly string[] => [
    ...new Set([...some, ...more]),
  ];
  return {
    ...part,
    recordIds: union(known.recordIds, part.recordIds),
    eventIds: union(known.eventIds, part.eventIds),
  };
}

/** `undefined` for what a crash cut off at the end. */
function readPart(note: string, { origin, keys }: CheckpointTrust, isLast: boolean): KeptCertificate | undefined {
  try {
    const [type, name, json = ''] = verifyNote(note, keys).text.split('\n');
    if (type !== TYPE) throw InvalidCertificateError.create('it is not one that is kept outside of the database');
    if (name !== origin) throw InvalidCertificateError.create(`it is of another ledger than ${origin}`);
    return parseJson(json) as KeptCertificate; // signed, so it is what formatKept wrote
  } catch (error) {
    if (!(error instanceof InvalidNoteError)) throw error;
    if (isLast) return undefined;
    throw InvalidCertificateError.create('it is not a signed note');
  }
}

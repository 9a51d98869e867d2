import type { CheckpointTrust } from '../../log/notes/checkpoint.js';
import { InvalidNoteError } from '../../log/notes/note.error.js';
import { formatStatement, readStatement } from '../../log/notes/statement.js';
import { splitNotes } from '../../publishing/note-file.js';

const KIND = 'erased';
/** Keeps a note below the size that notes may have. */
const EVENTS_OF_A_NOTE = 10_000;

/** The record of an erasure outside of the database: enough to repeat it, without the person's data in clear text. */
export interface KeptCertificate {
  readonly erasureId: string;
  /** When it ended: RFC 3339, UTC. */
  readonly finishedAt: string;
  /** The digest of the person's id, by `subjectDigest`. */
  readonly subject: string;
  /** The ids of its events `audit_subject_erased`: one, and one more each time that it was repeated. */
  readonly recordIds: readonly string[];
  /** The events whose personal parts were erased, including those in archives. */
  readonly eventIds: readonly string[];
}

/** The texts to sign: one for each 10,000 events. */
export function formatKept(origin: string, { eventIds, ...certificate }: KeptCertificate): readonly string[] {
  const parts = Math.max(Math.ceil(eventIds.length / EVENTS_OF_A_NOTE), 1);
  return Array.from({ length: parts }, (_, nth) => {
    const part = eventIds.slice(nth * EVENTS_OF_A_NOTE, (nth + 1) * EVENTS_OF_A_NOTE);
    return formatStatement(KIND, origin, { ...certificate, eventIds: part });
  });
}

/**
 * Reads the certificates in a file of signed notes, one for each erasure, in its order. It leaves out a note that a crash cut off.
 *
 * @throws as {@link readStatement} does
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

/** Reads one note; `undefined` if a crash cut it off at the end. */
function readPart(note: string, trust: CheckpointTrust, isLast: boolean): KeptCertificate | undefined {
  try {
    return readStatement(note, KIND, trust) as KeptCertificate; // signed, so it is what formatKept wrote
  } catch (error) {
    if (isLast && error instanceof InvalidNoteError) return undefined;
    throw error;
  }
}

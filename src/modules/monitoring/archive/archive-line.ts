import { AuditError, errorMessage, parseJson, type AuditPrincipal } from '../../../audit/plain.js';
import { hashLeaf, isSameHash } from '../log/merkle/hashes.js';
import type { PersonalPart } from '../sealing/personal-part.js';
import { commitPersonal, encodeEntry, type SealedEvent } from '../sealing/seal-event.js';

/** A retired event, as a line of JSON in its archive. */
export interface ArchiveLine {
  /** The event's place in the log. */
  readonly index: number;
  /** The sealed event that the leaf is computed from; its canonical JSON is the entry. */
  readonly sealed: SealedEvent;
  /** `null` where the event has no personal part, or it was erased. */
  readonly personal: PersonalPart | null;
  /** 16 bytes in base64; `null` with the personal part. */
  readonly salt: string | null;
}

/** Removes the personal part from a line; the line can still be proven. */
export function eraseLine({ index, sealed }: ArchiveLine): ArchiveLine {
  return { index, sealed, personal: null, salt: null };
}

/** Whether it has a personal part to erase, or the rest of one. */
export function isPersonalLine({ personal, salt }: ArchiveLine): boolean {
  return personal !== null || salt !== null;
}

/** Whether its personal part was erased. */
export function isErasedLine(line: ArchiveLine): boolean {
  return line.sealed.personal !== undefined && !isPersonalLine(line);
}

/** Parses the text of a line; `undefined` for any other text. */
export function parseLine(text: string): ArchiveLine | undefined {
  try {
    // The shape is not checked here: checkLine() compares it with the tree.
    const { index, sealed, personal, salt } = parseJson(text) as ArchiveLine;
    const isPart = personal === null || typeof personal === 'object';
    const isSealed = typeof sealed === 'object' && (sealed as unknown) !== null;
    const isWhole = Number.isSafeInteger(index) && isSealed && isPart && (salt === null || typeof salt === 'string');
    return isWhole ? { index, sealed, personal, salt } : undefined;
  } catch {
    return undefined;
  }
}

/** What is wrong with a line; `undefined` if it is the event whose leaf the tree has there, erased or not. */
export function checkLine(line: ArchiveLine, leafHash: Uint8Array): string | undefined {
  try {
    if (!isSameHash(hashLeaf(encodeEntry(line.sealed)), leafHash)) return 'the tree has another leaf there';
    const { sealed, personal, salt } = line;
    if (personal === null && salt === null) return undefined;
    if (sealed.personal === undefined) return 'it has a personal part or a salt, and its leaf covers none';
    if (personal === null || salt === null)
      return 'of its personal part and its salt, one is gone: this is not an erasure';
    const isCommitted = commitPersonal(personal, Buffer.from(salt, 'base64')) === sealed.personal;
    return isCommitted ? undefined : 'its personal part or its salt is not what the commitment in its leaf is of';
  } catch (error) {
    if (error instanceof AuditError) return errorMessage(error);
    throw error;
  }
}

/**
 * The ids of the persons and the resource that an archived event is by, for and about; an id is among its facts, or in its personal part.
 */
export type IdsOfLine = Readonly<
  Record<'actorId' | 'onBehalfOfId' | 'resourceType' | 'resourceId', string | undefined>
>;

/** The ids of an archived event. If its personal part was erased, only those that are facts. */
export function idsOfLine({ sealed: { actor, resource }, personal }: ArchiveLine): IdsOfLine {
  const own = (pointer: string): unknown => personal?.[pointer];
  const principal = own('/actor/onBehalfOf') as AuditPrincipal | undefined; // as the event had it
  return {
    actorId: actor.id ?? textOf(own('/actor/id')),
    onBehalfOfId: actor.onBehalfOf?.id ?? principal?.id,
    resourceType: resource?.type,
    resourceId: resource?.id ?? textOf(own('/resource/id')),
  };
}

/** Whether the event is by the person, on behalf of the person, or done to the person, as in `audit_events_of`. */
export function isLineOf(line: ArchiveLine, subjectId: string): boolean {
  const { actorId, onBehalfOfId, resourceType, resourceId } = idsOfLine(line);
  if (actorId === subjectId || onBehalfOfId === subjectId) return true;
  return resourceType === 'user' && resourceId === subjectId && line.sealed.type !== 'audit_subject_erased';
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

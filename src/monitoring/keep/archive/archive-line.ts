import type { AuditPrincipal } from '../../../audit/nest-free.js';
import { AuditError } from '../../../base/errors/audit.error.js';
import { getErrorMessage } from '../../../base/errors/error-facts.js';
import { parseModestJson } from '../../../base/json/parse-json.js';
import { hashLeaf, isSameHash } from '../../proof/log/merkle/hashes.js';
import type { PersonalPart } from '../../proof/sealing/personal-part.js';
import { commitPersonal, encodeEntry, type SealedEvent } from '../../proof/sealing/seal-event.js';

/** A retired event, stored as a line of JSON in its archive. */
export interface ArchiveLine {
  readonly index: number;
  /** The sealed event. The canonical JSON of the sealed event is the entry in the log, and the leaf is the hash of the entry. */
  readonly sealed: SealedEvent;
  /** `null` if the event had no personal part, or if the personal part was erased. */
  readonly personal: PersonalPart | null;
  /** 16 bytes in base64; `null` without a personal part. */
  readonly salt: string | null;
}

/** Returns a line without its personal part. The inclusion proof of the line does not need the personal part. */
export function eraseLine({ index, sealed }: ArchiveLine): ArchiveLine {
  return { index, sealed, personal: null, salt: null };
}

/** Whether a line has a personal part or a salt to erase. */
export function isPersonalLine({ personal, salt }: ArchiveLine): boolean {
  return personal !== null || salt !== null;
}

export function isErasedLine(line: ArchiveLine): boolean {
  return line.sealed.personal !== undefined && !isPersonalLine(line);
}

export function parseLine(text: string): ArchiveLine | undefined {
  try {
    // parseLine() does not check the shape of `sealed`, because checkLine() compares the hash of `sealed` with the tree.
    const { index, sealed, personal, salt } = parseModestJson(text) as ArchiveLine;
    const isPart = personal === null || typeof personal === 'object';
    const isSealed = typeof sealed === 'object' && (sealed as unknown) !== null;
    const isComplete = Number.isSafeInteger(index) && isSealed && isPart && (salt === null || typeof salt === 'string');
    return isComplete ? { index, sealed, personal, salt } : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Compares a line with its leaf in the tree. Returns the problem; `undefined` if the line has the sealed event, with or without its
 * personal part.
 */
export function checkLine(line: ArchiveLine, leafHash: Uint8Array): string | undefined {
  try {
    if (!isSameHash(hashLeaf(encodeEntry(line.sealed)), leafHash)) return 'the tree has another leaf at this index';
    const { sealed, personal, salt } = line;
    if (personal === null && salt === null) return undefined;
    if (sealed.personal === undefined) return 'it has a personal part or a salt, but its leaf covers no personal part';
    if (personal === null || salt === null)
      return 'its personal part or its salt is missing, but not both: this is not an erasure';
    const isCommitted = commitPersonal(personal, Buffer.from(salt, 'base64')) === sealed.personal;
    return isCommitted ? undefined : 'its personal part or its salt does not match the commitment in its leaf';
  } catch (error) {
    if (error instanceof AuditError) return getErrorMessage(error);
    throw error;
  }
}

/** Returns the ids of the actor, the principal and the resource of an archived event. After an erasure, only ids in the facts remain. */
export function getLineIds({
  sealed: { actor, resource },
  personal,
}: ArchiveLine): Readonly<Record<'actorId' | 'onBehalfOfId' | 'resourceType' | 'resourceId', string | undefined>> {
  const own = (pointer: string): unknown => personal?.[pointer];
  const principal = own('/actor/onBehalfOf') as AuditPrincipal | undefined; // `onBehalfOf` has this type
  return {
    actorId: actor.id ?? toText(own('/actor/id')),
    onBehalfOfId: actor.onBehalfOf?.id ?? principal?.id,
    resourceType: resource?.type,
    resourceId: resource?.id ?? toText(own('/resource/id')),
  };
}

/** Returns an event's related resources with their ids, which may be personal. */
export function listRelated(
  related: unknown,
  personal: Readonly<Record<string, unknown>> | null | undefined,
): readonly { readonly type: unknown; readonly id: unknown }[] {
  if (!Array.isArray(related)) return [];
  return related.map((item: unknown, index) => {
    const { type, id } = (item ?? {}) as { readonly type?: unknown; readonly id?: unknown }; // a row may contain any JSON
    return { type, id: id ?? personal?.[`/related/${index}/id`] };
  });
}

export function isRelatedTo(related: ReturnType<typeof listRelated>, subjectId: string): boolean {
  return related.some(({ type, id }) => type === 'user' && id === subjectId);
}

/** Whether the event is by, on behalf of, or about the person. The rules are those of the SQL function `audit_events_about`. */
export function isLineAbout(line: ArchiveLine, subjectId: string): boolean {
  const { actorId, onBehalfOfId, resourceType, resourceId } = getLineIds(line);
  if (actorId === subjectId || onBehalfOfId === subjectId) return true;
  if (isRelatedTo(listRelated(line.sealed.related, line.personal), subjectId)) return true;
  return resourceType === 'user' && resourceId === subjectId && line.sealed.type !== 'audit_subject_erased';
}

function toText(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

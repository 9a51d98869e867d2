import type { AuditEvent, JsonValue } from '../../../audit/nest-free.js';
import { AuditError } from '../../../base/errors/audit.error.js';
import { hashLeaf } from '../log/merkle/hashes.js';
import { decodeBase64 } from '../log/notes/encoding.js';
import { commitPersonal, encodeEntry, sealFacts } from './seal-event.js';
import { unescapeName } from './own-fields.js';
import type { PersonalPart, SplitEvent } from './personal-part.js';
import { proofErrors } from '../log/proof.errors.js';

/** The values that prove, together with a shown event, which sealed event is shown. */
export interface PersonalProof {
  /** The commitment of the sealed event, base64; absent if the event has no personal part. */
  readonly commitment?: string;
  /** The salt of the commitment, base64. Absent if the personal part was erased, or if the shown event lacks or changes personal values. */
  readonly salt?: string;
  /** The JSON Pointers of the shown personal values, including values that replace the original personal values. */
  readonly personal?: readonly string[];
}

interface ShownLeaf {
  readonly leafHash: Uint8Array;
  /** The personal values are not shown (`none`), proven, different from the sealed values (`other`), or without a salt (`unproven`). */
  readonly personal: 'none' | 'proven' | 'other' | 'unproven';
}

/**
 * Computes the leaf of a shown event. Returns `undefined` if the event or the proof is not valid. Never throws.
 *
 * @param event the shown event. Pass a copy, because the function changes this event
 */
export function computeShownLeaf(
  event: AuditEvent,
  { commitment, salt, personal = [] }: PersonalProof,
): ShownLeaf | undefined {
  try {
    if (!isTags(Reflect.get(event, 'compliance'))) return undefined;
    Reflect.deleteProperty(event, 'compliance'); // the catalogue provides the tags, which are not sealed
    const split = extractPersonal(event, personal);
    const leafHash = hashLeaf(encodeEntry(sealFacts(split.facts, commitment)));
    if (!split.personal) return { leafHash, personal: 'none' };
    if (salt === undefined) return { leafHash, personal: 'unproven' };
    const bytes = decodeBase64(salt);
    const isSealed = bytes !== undefined && commitPersonal(split.personal, bytes) === commitment;
    return { leafHash, personal: isSealed ? 'proven' : 'other' };
  } catch (error) {
    // A RangeError means that the event is nested too deeply.
    if ([AuditError, TypeError, RangeError].some((expected) => error instanceof expected)) return undefined;
    throw error;
  }
}

/**
 * Whether the compliance tags are absent or a list of texts. The tags must not contain other data, because the proof does not cover the
 * tags.
 */
export function isTags(tags: unknown): boolean {
  return tags === undefined || (Array.isArray(tags) && tags.every((tag) => typeof tag === 'string'));
}

/** The inverse of {@link joinPersonal}. The function changes the event. */
function extractPersonal(event: AuditEvent, pointers: readonly string[]): SplitEvent {
  const personal: Record<string, JsonValue> = {};
  for (const pointer of pointers) personal[pointer] = extractAt(event, pointer);
  const { request, ...rest } = event;
  // Sealing omits an empty request.
  const facts = request && Object.keys(request).length === 0 ? rest : event;
  return pointers.length > 0 ? { facts, personal: personal satisfies PersonalPart } : { facts };
}

function extractAt(event: AuditEvent, pointer: string): JsonValue {
  const [first, ...names] = pointer.split('/').map(unescapeName);
  const last = names.pop();
  let container: unknown = event;
  for (const name of names) container = requireField(container, name, pointer);
  const value = first === '' && last !== undefined ? requireField(container, last, pointer) : undefined;
  if (last === undefined || value === undefined || Array.isArray(container))
    throw proofErrors.AUDIT_PERSONAL_PART_INVALID(pointer);
  Reflect.deleteProperty(container as object, last); // requireField() found a field in the container
  return value as JsonValue; // the event comes from JSON
}

function requireField(container: unknown, name: string, pointer: string): unknown {
  if (typeof container !== 'object' || container === null || !Object.hasOwn(container, name)) {
    throw proofErrors.AUDIT_PERSONAL_PART_INVALID(pointer);
  }
  return (container as Readonly<Record<string, unknown>>)[name]; // the lines above checked that the container has this field
}

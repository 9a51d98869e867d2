import type { AuditInput } from '../event/audit-input.js';
import { readField, readFieldSafely, readSafely } from '../event/read-safely.js';

const ANNOTATED = ['outcome', 'severity', 'resource', 'changes', 'reason', 'details', 'metadata'] as const;

/** What a handler, a service or a guard adds to the event that `@Audited` will record for this operation. */
export type AuditAnnotation = Pick<AuditInput, (typeof ANNOTATED)[number]>;

/**
 * `second` over `first`, as far as it says anything; details and metadata field by field. Never throws: what of `second`
 * cannot be read is left out, since an annotation must cost neither the event nor the operation.
 */
export function mergeAnnotations<First extends AuditAnnotation>(first: First, second: AuditAnnotation): First {
  const merged: First = { ...first };
  for (const name of ANNOTATED) {
    const value = readFieldSafely(second, name);
    if (value === undefined) continue;
    const isMerged = name === 'details' || name === 'metadata';
    Object.assign(merged, { [name]: isMerged ? mergeFields(first[name], value) : value });
  }
  return merged;
}

/** The fields of both, those of `second` over those of `first`; what has no fields by their names replaces what was there. */
function mergeFields(first: unknown, second: unknown): unknown {
  if (!hasFields(first) || !hasFields(second)) return second;
  return readSafely(() => ({ ...first, ...second })) ?? Object.fromEntries([first, second].flatMap(readFields));
}

function hasFields(value: unknown): value is object {
  return typeof value === 'object' && value !== null && readSafely(() => Array.isArray(value)) === false;
}

/** The fields of an object of which at least one cannot be read. */
function readFields(fields: object): readonly (readonly [string, unknown])[] {
  const names = readSafely(() => Object.keys(fields)) ?? [];
  return names.map((name) => readSafely(() => [name, readField(fields, name)] as const) ?? [name, '[unreadable]']);
}

import type { AuditInput } from '../event/audit-input.js';
import { mergeFields } from '../event/merge-fields.js';
import { readFieldSafely, readSafely } from '../event/read-safely.js';

const ANNOTATED = ['outcome', 'severity', 'resource', 'changes', 'reason', 'details', 'metadata'] as const;

/** The fields that a handler, a service or a guard adds to the event that `@Audited` will record for the operation. */
export type AuditAnnotation = Pick<AuditInput, (typeof ANNOTATED)[number]>;

/**
 * Merges `second` over `first`: details and metadata field by field; other fields that `second` has are replaced. Unknown fields are kept
 * for the reader of inputs. Never throws: unreadable fields of `second` are left out, since an annotation must cost neither the event nor
 * the operation.
 */
export function mergeAnnotations<First extends AuditAnnotation>(first: First, second: AuditAnnotation): First {
  const merged: First = { ...first };
  for (const name of ANNOTATED) {
    const value = readFieldSafely(second, name);
    if (value === undefined) continue;
    const isMerged = name === 'details' || name === 'metadata';
    Object.assign(merged, { [name]: isMerged ? mergeFields(first[name], value) : value });
  }
  for (const name of readSafely(() => Object.keys(second)) ?? []) {
    if (!(ANNOTATED as readonly string[]).includes(name))
      Object.assign(merged, { [name]: readFieldSafely(second, name) });
  }
  return merged;
}

import type { JsonObject, JsonValue } from '../../../../audit/plain.js';
import { changedColumns, imageAfter, imageBefore, type RowChange } from './row-change.js';
import type { UnknownPart } from './record.dto.js';

const DIGEST = /^sha256:[0-9a-f]{64}$/;
const MASK = '[REDACTED]';

/** Why a value is not the row's own; `undefined` if it is. */
export function maskOf(value: JsonValue | undefined): 'redacted' | 'digested' | undefined {
  if (value === MASK) return 'redacted';
  return typeof value === 'string' && DIGEST.test(value) ? 'digested' : undefined;
}

/**
 * Returns the unknown parts of a row's image.
 *
 * @param change the change that the image belongs to
 * @param columns that rows of this record had in any of its events
 */
export function unknownIn(
  image: JsonObject,
  change: RowChange,
  columns: readonly string[] = [],
): readonly UnknownPart[] {
  const masked = (['redacted', 'digested'] as const).map((why) => {
    const fields = Object.keys(image).filter((name) => maskOf(image[name]) === why);
    return { why, fields: fields.toSorted() };
  });
  const parts: UnknownPart[] = masked.filter(({ fields }) => fields.length > 0);
  const { withheld } = change;
  if (withheld) {
    const missing = [...new Set([...columns, ...columnsOf(change)])].filter((name) => !Object.hasOwn(image, name));
    parts.push({ why: withheld, ...(missing.length > 0 && { fields: missing.toSorted() }) });
  }
  return parts;
}

/** The columns that an event names. */
export function columnsOf(change: RowChange): readonly string[] {
  return [
    ...Object.keys(imageBefore(change) ?? {}),
    ...Object.keys(imageAfter(change) ?? {}),
    ...changedColumns(change),
  ];
}

import type { JsonValue } from '../../../../audit/plain.js';
import { changedColumns, isInsertion, type RowChange } from './row-change.js';
import { referTo } from './record-state.js';
import { maskOf } from './unknown-fields.js';
import type { EventReference, RecordBlame, RecordState, UnknownPart } from './record.dto.js';

/** The maximum number of changes that are read back. */
const MOST_CHANGES = 10_000;

/**
 * Finds the newest change of each field of a state.
 *
 * @param changes those of the record, from the newest to the oldest
 * @param whyOlder returns why older changes are unknown
 */
export async function blameOf(
  { values, unknown, ...record }: RecordState,
  changes: AsyncIterable<RowChange>,
  whyOlder: () => Promise<UnknownPart>,
): Promise<RecordBlame> {
  const found = new Map<string, EventReference>();
  const missing = new Set([...Object.keys(values ?? {}), ...unknown.flatMap(({ fields = [] }) => fields)]);
  let why: UnknownPart | undefined;
  let count = 0;
  for await (const change of changes) {
    // An inserted row has no older changes, even if its image is withheld.
    for (const name of isInsertion(change) ? missing : changedColumns(change)) {
      if (missing.delete(name)) found.set(name, referTo(change));
    }
    const { withheld } = change;
    if (withheld === 'images_apart' || withheld === 'ignored') why = { why: withheld };
    else if (++count >= MOST_CHANGES) why = { why: 'too_many_changes' };
    if (missing.size === 0 || why) break;
  }
  const fields = [...missing].toSorted();
  const isGap = fields.length > 0 && (count > 0 || why !== undefined);
  return {
    ...record,
    fields: [...found.keys(), ...fields].toSorted().map((field) => ({
      field,
      ...valueOf(values?.[field]),
      event: found.get(field) ?? null,
    })),
    unknown: isGap ? [...unknown, { ...(why ?? (await whyOlder())), fields }] : unknown,
  };
}

function valueOf(value: JsonValue | undefined): { readonly value?: JsonValue } {
  return value === undefined || maskOf(value) !== undefined ? {} : { value };
}

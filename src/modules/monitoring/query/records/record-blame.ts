import type { JsonValue } from '../../../../audit/plain.js';
import { changedColumns, isInsertion, type RowChange } from './row-change.js';
import { referTo } from './record-state.js';
import { maskOf } from './unknown-fields.js';
import type { EventReference, RecordBlame, RecordState, UnknownPart } from './record.dto.js';

/** Finds the newest change of each field of a state. Give it the record's changes from the newest to the oldest. */
export class BlameSearch {
  private readonly found = new Map<string, EventReference>();
  private readonly missing: Set<string>;
  private last: RowChange | undefined;
  /** Why a change does not state which fields it changed. */
  private blocked: 'images_apart' | 'ignored' | undefined;

  constructor(private readonly state: RecordState) {
    const unknown = state.unknown.flatMap(({ fields = [] }) => fields);
    this.missing = new Set([...Object.keys(state.values ?? {}), ...unknown]);
  }

  /** Whether older changes cannot add anything. */
  get isDone(): boolean {
    return this.missing.size === 0 || this.blocked !== undefined;
  }

  /** Takes the next older change. */
  add(change: RowChange): void {
    this.last = change;
    const { withheld } = change;
    this.blocked = withheld === 'images_apart' || withheld === 'ignored' ? withheld : undefined;
    for (const name of changedColumns(change)) {
      if (this.missing.delete(name)) this.found.set(name, referTo(change));
    }
    // An inserted row has no older changes, even if its image is withheld.
    if (isInsertion(change)) {
      for (const name of this.missing) this.found.set(name, referTo(change));
      this.missing.clear();
    }
  }

  /** @param gap why the older changes are unknown */
  result(gap: UnknownPart): RecordBlame {
    const { resource, at, exists, event, movedTo, values } = this.state;
    const names = [...this.found.keys(), ...this.missing].toSorted();
    const missing = [...this.missing].toSorted();
    const why: UnknownPart = this.blocked === undefined ? gap : { why: this.blocked };
    const isGap = missing.length > 0 && this.last !== undefined;
    return {
      resource,
      at,
      exists,
      event,
      ...(movedTo && { movedTo }),
      fields: names.map((field) => ({
        field,
        ...valueOf(values?.[field]),
        event: this.found.get(field) ?? null,
      })),
      unknown: isGap ? [...this.state.unknown, { ...why, fields: missing }] : this.state.unknown,
    };
  }
}

function valueOf(value: JsonValue | undefined): { readonly value?: JsonValue } {
  return value === undefined || maskOf(value) !== undefined ? {} : { value };
}

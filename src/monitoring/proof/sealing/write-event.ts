import type { AuditEvent } from '../../../audit/nest-free.js';
import { canonicalJson } from '../../../base/json/canonical-json.js';
import { EVENT_SHAPES, STEPS, type OwnShape } from './event-shapes.js';
import { PERSONAL_FIELDS } from './event-layout.js';
import type { PersonalFields, PersonalTree } from './personal-tree.js';
import { sortByPointer, type PersonalValue } from './personal-values.js';

export interface WrittenEvent {
  /** The fields of the facts, in canonical order. */
  readonly fields: readonly (readonly [field: OwnShape, json: string])[];
  /** The personal values, in the order of canonical JSON. */
  readonly personal: readonly PersonalValue[];
  /** The bits of the fields that are personal in this event, but facts in other events; 0 without such a field. */
  readonly personalBits: number;
}

/**
 * Writes an event as its facts and its personal values. Because every stored event passes through this function, it works in one pass,
 * without intermediate objects.
 *
 * @throws `AUDIT_JSON_NOT_CANONICAL` for values that JSON cannot express
 */
export function writeEvent(event: AuditEvent, tree: PersonalFields): WrittenEvent {
  const writer = new EventWriter();
  const fields: (readonly [OwnShape, string])[] = [];
  for (const field of EVENT_SHAPES.of(event)) {
    const { name } = field;
    const json = writer.writeField(event, name, `/${name}`, tree.get(name));
    // A row cannot contain an empty request.
    if (json !== undefined && !(name === 'request' && json === '{}')) fields.push([field, json]);
  }
  return { fields, personal: sortByPointer(writer.personal), personalBits: writer.personalBits };
}

class EventWriter {
  readonly personal: PersonalValue[] = [];
  personalBits = 0;

  /** Writes the facts of a field; `undefined` if the whole field is absent or personal. */
  writeField(fields: object, name: string, pointer: string, tree: PersonalTree | undefined): string | undefined {
    const value = (fields as Readonly<Record<string, unknown>>)[name]; // any object may have this property
    if (value === undefined) return undefined;
    if (tree === true) {
      this.take(value, pointer);
      return undefined;
    }
    if (tree === undefined) return canonicalJson(value);
    return isItems(value) ? this.writeList(value, pointer, tree) : this.writeObject(value as object, pointer, tree); // only objects and lists have a tree inside
  }

  private take(value: unknown, pointer: string): void {
    const bit = BITS.get(pointer);
    this.personal.push({ pointer, json: canonicalJson(value), isOwn: bit !== undefined });
    this.personalBits |= bit ?? 0;
  }

  private writeList(items: readonly unknown[], pointer: string, tree: PersonalFields): string {
    const written = items.map((_, index) => {
      const name = String(index);
      return this.writeField(items, name, `${pointer}/${name}`, tree.get(name)) ?? 'null';
    });
    return `[${written.join(',')}]`;
  }

  private writeObject(fields: object, pointer: string, tree: PersonalFields): string {
    let out = '';
    for (const { name, first, next, step } of STEPS.of(fields)) {
      const json = this.writeField(fields, name, pointer + step, tree.get(name));
      if (json !== undefined) out += (out === '' ? first : next) + json;
    }
    return out === '' ? '{}' : `${out}}`;
  }
}

function isItems(value: unknown): value is readonly unknown[] {
  return Array.isArray(value);
}

const BITS: ReadonlyMap<string, number> = new Map(PERSONAL_FIELDS.map(({ pointer, bit }) => [pointer, bit]));

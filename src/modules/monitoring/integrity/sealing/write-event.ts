import {
  canonicalJson,
  canonicalName,
  canonicalNames,
  type AuditChanges,
  type AuditErrorFacts,
  type AuditEvent,
  type JsonObject,
  type JsonValue,
} from '../../../../audit/index.js';
import { escapeName, hasPersonalPath, isList, type TestOfNames } from './personal-part.js';

/** A value of the personal part. */
export interface PersonalValue {
  /** Where it stood in the event: a JSON Pointer (RFC 6901). */
  readonly pointer: string;
  /** Its canonical JSON. */
  readonly json: string;
}

/** An event as texts of canonical JSON. */
export interface WrittenEvent {
  /** The facts up to where the commitment to the personal part stands. */
  readonly head: string;
  /** The facts from there on. */
  readonly tail: string;
  /** Where in the head the facts' fields of any shape are, as far as the event has them. */
  readonly fields: Readonly<Partial<Record<ShapelessField, TextRange>>>;
  /** What the event says of persons, in the order of canonical JSON. */
  readonly personal: readonly PersonalValue[];
}

/** From one index of a text up to, and without, another. */
export interface TextRange {
  readonly start: number;
  readonly end: number;
}

type ShapelessField = 'changes' | 'details' | 'error' | 'metadata';

const PERSONAL_OF_ACTOR: ReadonlySet<string> = new Set(['name']);
const PERSONAL_OF_REQUEST: ReadonlySet<string> = new Set(['ip', 'userAgent']);

/**
 * Writes an event as `splitPersonal` splits it, in one pass and without the objects in between: every event that is stored
 * comes by here.
 *
 * @throws NotCanonicalError (`AUDIT_JSON_NOT_CANONICAL`) for what is no JSON
 */
export function writeEvent(event: AuditEvent, isPersonalName: TestOfNames): WrittenEvent {
  const writer = new EventWriter(isPersonalName);
  const fields: Partial<Record<ShapelessField, TextRange>> = {};
  let head = '';
  let tail = '';
  for (const name of canonicalNames(event)) {
    const json = writer.writeField(event, name);
    if (json === undefined) continue;
    if (name > 'personal') {
      tail += `,${canonicalName(name)}${json}`;
      continue;
    }
    head += (head === '' ? '{' : ',') + canonicalName(name);
    if (isShapeless(name)) fields[name] = { start: head.length, end: head.length + json.length };
    head += json;
  }
  return { head, tail: `${tail}}`, fields, personal: sortByPointer(writer.personal) };
}

/** As the canonical JSON of `sealFacts`. */
export function sealedJson({ head, tail }: WrittenEvent, commitment?: string): string {
  return commitment === undefined ? head + tail : `${head},"personal":"${commitment}"${tail}`;
}

/** The values as the canonical JSON of a personal part. */
export function personalJson(values: readonly PersonalValue[]): string {
  let out = '';
  for (const { pointer, json } of values) out += `${out === '' ? '{' : ','}${canonicalJson(pointer)}:${json}`;
  return out === '' ? '{}' : `${out}}`;
}

/** Writes the facts, and takes out what is personal on the way. */
class EventWriter {
  readonly personal: PersonalValue[] = [];

  constructor(private readonly isPersonalName: TestOfNames) {}

  /** A field of the event; `undefined` where the facts have none. */
  writeField(event: AuditEvent, name: string): string | undefined {
    switch (name) {
      case 'actor':
        return this.writeWithout(PERSONAL_OF_ACTOR, event.actor, '/actor');
      case 'request':
        return this.writeRequest(event.request ?? {});
      case 'error':
        return event.error && this.writeError(event.error);
      case 'changes':
        return event.changes && this.writeChanges(event.changes);
      case 'details':
        return this.writeObject(event.details, '/details');
      case 'metadata':
        return this.writeObject(event.metadata, '/metadata');
      default:
        return canonicalJson(fieldOf(event, name));
    }
  }

  private take(pointer: string, value: unknown): void {
    this.personal.push({ pointer, json: canonicalJson(value) });
  }

  private writeWithout(personal: ReadonlySet<string>, fields: object, pointer: string): string {
    let out = '';
    for (const name of canonicalNames(fields)) {
      const value = fieldOf(fields, name);
      if (!personal.has(name)) out += (out === '' ? '{' : ',') + canonicalName(name) + canonicalJson(value);
      else if (value !== undefined) this.take(`${pointer}/${name}`, value);
    }
    return out === '' ? '{}' : `${out}}`;
  }

  private writeRequest(request: object): string | undefined {
    const json = this.writeWithout(PERSONAL_OF_REQUEST, request, '/request');
    return json === '{}' ? undefined : json;
  }

  private writeError({ name, code, message }: AuditErrorFacts): string {
    if (message !== undefined) this.take('/error/message', message);
    return canonicalJson(code === undefined ? { name } : { code, name });
  }

  private writeChanges(changes: AuditChanges): string {
    let out = '';
    for (const name of canonicalNames(changes)) {
      out += (out === '' ? '{' : ',') + canonicalName(name);
      if (name === 'before') out += this.write(changes.before, '/changes/before');
      else if (name === 'after') out += this.write(changes.after, '/changes/after');
      else if (name === 'diff') out += this.writeDiff(changes.diff);
      else out += canonicalJson(fieldOf(changes, name));
    }
    return out === '' ? '{}' : `${out}}`;
  }

  private writeDiff(diff: JsonValue | undefined): string {
    const isOfEntries = diff !== undefined && isList(diff);
    return isOfEntries ? this.writeList(diff, '/changes/diff', true) : this.write(diff, '/changes/diff');
  }

  private write(value: JsonValue | undefined, pointer: string): string {
    if (typeof value !== 'object' || value === null) return canonicalJson(value);
    return isList(value) ? this.writeList(value, pointer) : this.writeObject(value, pointer);
  }

  private writeList(items: readonly JsonValue[], pointer: string, isDiff = false): string {
    let out = '[';
    for (let index = 0; index < items.length; index++) {
      const item = items[index];
      if (index > 0) out += ',';
      if (typeof item !== 'object' || item === null) out += canonicalJson(item);
      else out += isDiff ? this.writeEntry(item, `${pointer}/${index}`) : this.write(item, `${pointer}/${index}`);
    }
    return `${out}]`;
  }

  private writeObject(fields: JsonObject, pointer: string, areSidesPersonal = false): string {
    let out = '';
    for (const name of canonicalNames(fields)) {
      const field = fields[name] ?? null;
      if (this.isPersonalName(name) || (areSidesPersonal && (name === 'from' || name === 'to'))) {
        this.take(`${pointer}/${escapeName(name)}`, field);
        continue;
      }
      out += (out === '' ? '{' : ',') + canonicalName(name);
      out += typeof field === 'object' ? this.write(field, `${pointer}/${escapeName(name)}`) : canonicalJson(field);
    }
    return out === '' ? '{}' : `${out}}`;
  }

  private writeEntry(entry: JsonObject | readonly JsonValue[], pointer: string): string {
    if (isList(entry)) return this.writeList(entry, pointer);
    return this.writeObject(entry, pointer, hasPersonalPath(entry, this.isPersonalName));
  }
}

function isShapeless(name: string): name is ShapelessField {
  return name === 'changes' || name === 'details' || name === 'error' || name === 'metadata';
}

function fieldOf(fields: object, name: string): unknown {
  return (fields as Readonly<Record<string, unknown>>)[name]; // any object may be asked for its own names
}

/** They are in order already but for lists of more than ten items, and names that a pointer escapes. */
function sortByPointer(values: PersonalValue[]): PersonalValue[] {
  const isInOrder = values.every(({ pointer }, nth) => nth === 0 || (values[nth - 1]?.pointer ?? '') < pointer);
  return isInOrder ? values : values.sort((one, other) => (one.pointer < other.pointer ? -1 : 1));
}

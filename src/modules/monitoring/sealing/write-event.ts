import {
  canonicalJson,
  canonicalName,
  canonicalNames,
  type AuditChanges,
  type AuditDetailsIssue,
  type AuditEvent,
  type FactRules,
  type FieldRule,
  type JsonObject,
  type JsonValue,
} from '../../../audit/plain.js';
import { entryRules, isList, isPersonal, type EntryRules } from './field-rules.js';
import { EVENT_FIELDS } from './event-layout.js';
import { escapeName, isFactPath, OWN_FIELDS } from './own-fields.js';
import { isReasonPersonal } from './personal-tests.js';

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
  /** Where in the head the facts' objects and lists are, as far as the event has them. */
  readonly fields: Readonly<Record<string, TextRange>>;
  /** The same in the tail. */
  readonly behind: Readonly<Record<string, TextRange>>;
  /** What the event says of persons, in the order of canonical JSON. */
  readonly personal: readonly PersonalValue[];
}

/** From one index of a text up to, and without, another. */
export interface TextRange {
  readonly start: number;
  readonly end: number;
}

/**
 * Writes an event as `splitPersonal` splits it, in one pass and without the objects in between: every event that is stored
 * comes by here.
 *
 * @throws NotCanonicalError (`AUDIT_JSON_NOT_CANONICAL`) for values that JSON cannot hold
 */
export function writeEvent(event: AuditEvent, rules: FactRules): WrittenEvent {
  const writer = new EventWriter(event, rules);
  const fields: Record<string, TextRange> = {};
  const behind: Record<string, TextRange> = {};
  let head = '';
  let tail = '';
  for (const name of canonicalNames(event)) {
    const json = writer.writeOwnField(name);
    if (json === undefined) continue;
    if (name > 'personal') {
      tail += `,${canonicalName(name)}${json}`;
      if (SHAPELESS.has(name)) behind[name] = { start: tail.length - json.length, end: tail.length };
      continue;
    }
    head += (head === '' ? '{' : ',') + canonicalName(name) + json;
    if (SHAPELESS.has(name)) fields[name] = { start: head.length - json.length, end: head.length };
  }
  return { head, tail: `${tail}}`, fields, behind, personal: sortByPointer(writer.personal) };
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

/** A field of a state: its facts, and where its personal values stand among all of the event. */
interface WrittenField {
  readonly value: JsonValue;
  readonly json: string | undefined;
  /** Of the state. */
  readonly pointer: string;
  readonly from: number;
  readonly to: number;
}

/** Writes the facts, and takes out what is personal on the way. */
class EventWriter {
  readonly personal: PersonalValue[] = [];

  constructor(
    private readonly event: AuditEvent,
    private readonly rules: FactRules,
  ) {}

  /** A field of the event; `undefined` where the facts have none. */
  writeOwnField(name: string): string | undefined {
    const { event } = this;
    switch (name) {
      case 'actor':
        return this.writeOwn('actor', event.actor);
      case 'resource':
        return event.resource && this.writeOwn('resource', event.resource);
      case 'reason':
        return this.writeReason(event.reason);
      case 'detailsIssues':
        return event.detailsIssues && this.writeIssues(event.detailsIssues);
      case 'request':
        return this.writeRequest(event.request ?? {});
      case 'error':
        return event.error && this.writeOwn('error', event.error);
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

  private writeOwn(group: keyof typeof OWN_FIELDS, fields: object): string {
    const tests = OWN_FIELDS[group];
    let out = '';
    for (const name of canonicalNames(fields)) {
      const value = fieldOf(fields, name);
      if (value === undefined) continue;
      if (tests.get(name)?.(value, this.event, this.rules)) this.take(`/${group}/${name}`, value);
      else out += (out === '' ? '{' : ',') + canonicalName(name) + canonicalJson(value);
    }
    return out === '' ? '{}' : `${out}}`;
  }

  private writeRequest(request: object): string | undefined {
    const json = this.writeOwn('request', request);
    return json === '{}' ? undefined : json;
  }

  private writeReason(reason: string | undefined): string | undefined {
    if (reason === undefined) return undefined;
    if (!isReasonPersonal(reason, this.rules)) return canonicalJson(reason);
    this.take('/reason', reason);
    return undefined;
  }

  private writeIssues(issues: readonly AuditDetailsIssue[]): string {
    let out = '[';
    for (const [index, { path, message }] of issues.entries()) {
      const isFact = isFactPath(path);
      if (!isFact) this.take(`/detailsIssues/${index}/path`, path);
      out += (index > 0 ? ',' : '') + canonicalJson(isFact ? { message, path } : { message });
    }
    return `${out}]`;
  }

  private writeChanges(changes: AuditChanges): string {
    let out = '';
    const states = new Map<string, WrittenField>();
    for (const name of canonicalNames(changes)) {
      const value = fieldOf(changes, name) as JsonValue; // by the event's type
      const pointer = `/changes/${escapeName(name)}`;
      let json: string | undefined;
      if (name === 'diff' && isList(value)) json = this.writeDiff(value, pointer);
      else if (isFields(value)) json = this.writeState(value, pointer, states);
      else json = this.writeField(value, pointer, 'judged');
      if (json !== undefined) out += (out === '' ? '{' : ',') + canonicalName(name) + json;
    }
    return out === '' ? '{}' : `${out}}`;
  }

  /** As an object, but what another state has in the same field is written once. */
  private writeState(state: JsonObject, pointer: string, written: Map<string, WrittenField>): string {
    let out = '';
    for (const name of canonicalNames(state)) {
      const value = state[name] ?? null;
      const known = written.get(name);
      let json: string | undefined;
      if (known?.value === value) {
        json = known.json;
        for (let nth = known.from; nth < known.to; nth++) this.takeAgain(nth, known.pointer, pointer);
      } else {
        const from = this.personal.length;
        json = this.writeField(value, `${pointer}/${escapeName(name)}`, this.rules.ruleOf(name));
        if (!known) written.set(name, { value, json, pointer, from, to: this.personal.length });
      }
      if (json !== undefined) out += (out === '' ? '{' : ',') + canonicalName(name) + json;
    }
    return out === '' ? '{}' : `${out}}`;
  }

  private takeAgain(nth: number, from: string, to: string): void {
    const value = this.personal[nth];
    if (value) this.personal.push({ pointer: to + value.pointer.slice(from.length), json: value.json });
  }

  private writeDiff(diff: readonly JsonValue[], pointer: string): string | undefined {
    if (!isPersonal(diff, 'judged', this.rules)) return this.writeList(diff, pointer, 'judged', true);
    this.take(pointer, diff);
    return undefined;
  }

  /** `undefined` for what goes to the personal part whole. */
  private writeField(value: JsonValue, pointer: string, rule: FieldRule): string | undefined {
    if (!isPersonal(value, rule, this.rules)) return this.write(value, pointer, rule);
    this.take(pointer, value);
    return undefined;
  }

  private write(value: JsonValue, pointer: string, rule: FieldRule): string {
    if (typeof value !== 'object' || value === null) return canonicalJson(value);
    return isList(value) ? this.writeList(value, pointer, rule) : this.writeObject(value, pointer);
  }

  private writeList(items: readonly JsonValue[], pointer: string, rule: FieldRule, isDiff = false): string {
    let out = '[';
    for (let index = 0; index < items.length; index++) {
      const item = items[index] ?? null;
      if (index > 0) out += ',';
      if (typeof item !== 'object' || item === null) out += canonicalJson(item);
      else if (isDiff && !isList(item)) out += this.writeEntry(item, `${pointer}/${index}`);
      else out += this.write(item, `${pointer}/${index}`, rule);
    }
    return `${out}]`;
  }

  private writeObject(fields: JsonObject, pointer: string, entry?: EntryRules): string {
    let out = '';
    for (const name of canonicalNames(fields)) {
      const field = fields[name] ?? null;
      const rule = (entry && ruleInEntry(name, entry)) ?? this.rules.ruleOf(name);
      if (rule !== 'personal' && (typeof field === 'number' || typeof field === 'boolean' || field === null)) {
        out += (out === '' ? '{' : ',') + canonicalName(name) + canonicalJson(field);
        continue;
      }
      const json = this.writeField(field, `${pointer}/${escapeName(name)}`, rule);
      if (json !== undefined) out += (out === '' ? '{' : ',') + canonicalName(name) + json;
    }
    return out === '' ? '{}' : `${out}}`;
  }

  private writeEntry(entry: JsonObject, pointer: string): string {
    return this.writeObject(entry, pointer, entryRules(entry, this.rules));
  }
}

function isFields(value: JsonValue): value is JsonObject {
  return typeof value === 'object' && value !== null && !isList(value);
}

function ruleInEntry(name: string, { sides, isPathPersonal }: EntryRules): FieldRule | undefined {
  if (name === 'path') return isPathPersonal ? 'personal' : 'fact';
  return name === 'from' || name === 'to' ? sides : undefined;
}

/** The fields of the event itself whose value is an object or a list. */
const SHAPELESS: ReadonlySet<string> = new Set(
  EVENT_FIELDS.filter(({ kind, group }) => kind === 'json' && group === undefined).map(({ name }) => name),
);

function fieldOf(fields: object, name: string): unknown {
  return (fields as Readonly<Record<string, unknown>>)[name]; // any object may be asked for its own names
}

/** They are in order already but for lists of more than ten items, and names that a pointer escapes. */
function sortByPointer(values: PersonalValue[]): PersonalValue[] {
  const isInOrder = values.every(({ pointer }, nth) => nth === 0 || (values[nth - 1]?.pointer ?? '') < pointer);
  return isInOrder ? values : values.sort((one, other) => (one.pointer < other.pointer ? -1 : 1));
}

import {
  canonicalJson,
  canonicalText,
  type AuditChanges,
  type AuditDetailsIssue,
  type AuditEvent,
  type FactRules,
  type FieldRule,
  type JsonObject,
  type JsonValue,
} from '../../../audit/plain.js';
import { entryRules, isList, isPersonal, type EntryRules } from './field-rules.js';
import { EVENT_SHAPES, OWN_SHAPES, REASON, shapesOf, type OwnColumn } from './event-shapes.js';
import { isFactPath } from './own-fields.js';
import { isReasonPersonal } from './personal-tests.js';
import { sortByPointer, type PersonalValue } from './personal-values.js';

/** An event as texts of canonical JSON. */
export interface WrittenEvent {
  /** The facts before the place of the commitment. */
  readonly head: string;
  /** The facts behind the place of the commitment. */
  readonly tail: string;
  /** Where the objects and lists of the facts stand in the head. */
  readonly fields: Readonly<Record<string, TextRange>>;
  /** Where the objects and lists of the facts stand in the tail. */
  readonly behind: Readonly<Record<string, TextRange>>;
  /** The personal values, in the order of canonical JSON. */
  readonly personal: readonly PersonalValue[];
  /** The bits of layout fields that are personal in this event and facts in others; 0 for none. */
  readonly personalBits: number;
}

/** A range of a text: from one index to before another. */
export interface TextRange {
  readonly start: number;
  readonly end: number;
}

/**
 * Writes an event as `splitPersonal` splits it, but in one pass and without intermediate objects, since every stored event passes through
 * here.
 *
 * @throws NotCanonicalError (`AUDIT_JSON_NOT_CANONICAL`) for values that JSON cannot hold
 */
export function writeEvent(event: AuditEvent, rules: FactRules): WrittenEvent {
  const writer = new EventWriter(event, rules);
  const fields: Record<string, TextRange> = {};
  const behind: Record<string, TextRange> = {};
  let head = '';
  let tail = '';
  for (const { name, first, next, isBehind, isShapeless } of EVENT_SHAPES.of(event)) {
    const json = writer.writeOwnField(name);
    if (json === undefined) continue;
    if (isBehind) tail += next + json;
    else head += (head === '' ? first : next) + json;
    if (!isShapeless) continue;
    const end = isBehind ? tail.length : head.length;
    (isBehind ? behind : fields)[name] = { start: end - json.length, end };
  }
  return {
    head,
    tail: `${tail}}`,
    fields,
    behind,
    personal: sortByPointer(writer.personal),
    personalBits: writer.personalBits,
  };
}

/** Returns the canonical JSON that `sealFacts` would give. */
export function sealedJson({ head, tail }: WrittenEvent, commitment?: string): string {
  return commitment === undefined ? head + tail : `${head},"personal":"${commitment}"${tail}`;
}

/** A written field of a state: its facts, and the range of its personal values among all of the event. */
interface WrittenField {
  readonly value: JsonValue;
  readonly json: string | undefined;
  /** The pointer of the state. */
  readonly pointer: string;
  readonly from: number;
  readonly to: number;
}

/** Writes the facts, and collects the personal values on the way. */
class EventWriter {
  readonly personal: PersonalValue[] = [];
  personalBits = 0;
  private readonly shapes: ReturnType<typeof shapesOf>;

  constructor(
    private readonly event: AuditEvent,
    private readonly rules: FactRules,
  ) {
    this.shapes = shapesOf(rules);
  }

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
    this.personal.push({ pointer, json: canonicalJson(value), isOwn: false });
  }

  private takeOwn({ pointer, bit, isOwn }: OwnColumn, value: unknown): void {
    this.personal.push({ pointer, json: canonicalJson(value), isOwn });
    this.personalBits |= bit;
  }

  private writeOwn(group: keyof typeof OWN_SHAPES, fields: object): string {
    let out = '';
    for (const field of OWN_SHAPES[group].of(fields)) {
      const value = fieldOf(fields, field.name);
      if (value === undefined) continue;
      if (field.isPersonal?.(value, this.event, this.rules)) this.takeOwn(field, value);
      else out += (out === '' ? field.first : field.next) + canonicalJson(value);
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
    this.takeOwn(REASON, reason);
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
    for (const { name, first, next, step } of this.shapes.of(changes)) {
      const value = fieldOf(changes, name) as JsonValue; // depends on the event's type
      const pointer = `/changes${step}`;
      let json: string | undefined;
      if (name === 'diff' && isList(value)) json = this.writeDiff(value, pointer);
      else if (isFields(value)) json = this.writeState(value, pointer, states);
      else json = this.writeField(value, pointer, 'judged');
      if (json !== undefined) out += (out === '' ? first : next) + json;
    }
    return out === '' ? '{}' : `${out}}`;
  }

  /** Writes a state like an object, but writes a value that another state has in the same field only once. */
  private writeState(state: JsonObject, pointer: string, written: Map<string, WrittenField>): string {
    let out = '';
    for (const { name, first, next, step, rule } of this.shapes.of(state)) {
      const value = state[name] ?? null;
      const known = written.get(name);
      let json: string | undefined;
      if (known?.value === value) {
        json = known.json;
        for (let nth = known.from; nth < known.to; nth++) this.takeAgain(nth, known.pointer, pointer);
      } else {
        const from = this.personal.length;
        json = this.writeField(value, pointer + step, rule);
        if (!known) written.set(name, { value, json, pointer, from, to: this.personal.length });
      }
      if (json !== undefined) out += (out === '' ? first : next) + json;
    }
    return out === '' ? '{}' : `${out}}`;
  }

  private takeAgain(nth: number, from: string, to: string): void {
    const value = this.personal[nth];
    if (value) this.personal.push({ pointer: to + value.pointer.slice(from.length), json: value.json, isOwn: false });
  }

  private writeDiff(diff: readonly JsonValue[], pointer: string): string | undefined {
    if (!isPersonal(diff, 'judged', this.rules)) return this.writeList(diff, pointer, 'judged', true);
    this.take(pointer, diff);
    return undefined;
  }

  /** Writes a field; `undefined` if the whole value goes to the personal part. */
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
    for (const { name, first, next, step, rule } of this.shapes.of(fields)) {
      const json = this.writeMember(fields[name] ?? null, pointer, step, (entry && ruleInEntry(name, entry)) ?? rule);
      if (json !== undefined) out += (out === '' ? first : next) + json;
    }
    return out === '' ? '{}' : `${out}}`;
  }

  /** Writes a member like {@link writeField}. Most are texts and numbers, whose pointer is built only if they are personal. */
  private writeMember(value: JsonValue, pointer: string, step: string, rule: FieldRule): string | undefined {
    if (typeof value === 'object' && value !== null) return this.writeField(value, pointer + step, rule);
    const json = typeof value === 'string' ? canonicalText(value) : canonicalJson(value);
    if (typeof value === 'string' ? this.rules.isFact(value, rule) : rule !== 'personal') return json;
    this.personal.push({ pointer: pointer + step, json, isOwn: false });
    return undefined;
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

function fieldOf(fields: object, name: string): unknown {
  return (fields as Readonly<Record<string, unknown>>)[name]; // checked on any object
}

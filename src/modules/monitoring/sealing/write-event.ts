import {
  canonicalJson,
  type AuditChanges,
  type AuditDetailsIssue,
  type AuditEvent,
  type FactRules,
  type FieldRule,
  type JsonObject,
  type JsonValue,
} from '../../../audit/plain.js';
import { entryRules, isList, isPersonal, type EntryRules } from './field-rules.js';
import { EVENT_SHAPES, OWN_SHAPES, REASON, shapesOf, type OwnColumn, type OwnShape } from './event-shapes.js';
import { isFactPath } from './own-fields.js';
import { isReasonPersonal } from './personal-tests.js';
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
 * @throws NotCanonicalError (`AUDIT_JSON_NOT_CANONICAL`) for values that JSON cannot express
 */
export function writeEvent(event: AuditEvent, rules: FactRules): WrittenEvent {
  const writer = new EventWriter(event, rules);
  const fields: (readonly [OwnShape, string])[] = [];
  for (const field of EVENT_SHAPES.of(event)) {
    const json = writer.writeOwnField(field.name);
    if (json !== undefined) fields.push([field, json]);
  }
  return { fields, personal: sortByPointer(writer.personal), personalBits: writer.personalBits };
}

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

  /** Writes a field of the event, and returns the JSON of the field's facts; `undefined` if the field has no facts. */
  writeOwnField(name: string): string | undefined {
    const { event } = this;
    switch (name) {
      case 'actor':
      case 'error':
      case 'resource':
        return event[name] && this.writeOwn(name, event[name]);
      case 'reason':
        return this.writeReason(event.reason);
      case 'detailsIssues':
        return event.detailsIssues && this.writeIssues(event.detailsIssues);
      case 'request':
        return this.writeRequest(event.request ?? {});
      case 'changes':
        return event.changes && this.writeChanges(event.changes);
      case 'details':
      case 'metadata':
        return this.writeObject(event[name], `/${name}`);
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
    for (const { name, first, next, step } of this.shapes.of(changes)) {
      const value = fieldOf(changes, name) as JsonValue; // changes contain JSON only
      const pointer = `/changes${step}`;
      const json =
        name === 'diff' && isList(value) ? this.writeDiff(value, pointer) : this.writeField(value, pointer, 'judged');
      if (json !== undefined) out += (out === '' ? first : next) + json;
    }
    return out === '' ? '{}' : `${out}}`;
  }

  private writeDiff(diff: readonly JsonValue[], pointer: string): string | undefined {
    if (!isPersonal(diff, 'judged', this.rules)) return this.writeList(diff, pointer, 'judged', true);
    this.take(pointer, diff);
    return undefined;
  }

  private writeField(value: JsonValue, pointer: string, rule: FieldRule): string | undefined {
    if (!isPersonal(value, rule, this.rules)) return this.write(value, pointer, rule);
    const other = this.rules.ruleAt?.(pointer);
    if (other && !isPersonal(value, other, this.rules)) return this.write(value, pointer, other);
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
      else if (isDiff && !isList(item))
        out += this.writeObject(item, `${pointer}/${index}`, entryRules(item, this.rules));
      else out += this.write(item, `${pointer}/${index}`, rule);
    }
    return `${out}]`;
  }

  private writeObject(fields: JsonObject, pointer: string, entry?: EntryRules): string {
    let out = '';
    for (const { name, first, next, step, rule } of this.shapes.of(fields)) {
      const json = this.writeField(fields[name] ?? null, pointer + step, (entry && ruleInEntry(name, entry)) ?? rule);
      if (json !== undefined) out += (out === '' ? first : next) + json;
    }
    return out === '' ? '{}' : `${out}}`;
  }
}

function ruleInEntry(name: string, { sides, isPathPersonal }: EntryRules): FieldRule | undefined {
  if (name === 'path') return isPathPersonal ? 'personal' : 'fact';
  return name === 'from' || name === 'to' ? sides : undefined;
}

function fieldOf(fields: object, name: string): unknown {
  return (fields as Readonly<Record<string, unknown>>)[name]; // any object may have this property
}

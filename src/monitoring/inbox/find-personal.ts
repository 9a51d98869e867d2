import {
  FieldShapes,
  type AuditChanges,
  type AuditEvent,
  type FactRules,
  type FieldRule,
  type JsonObject,
  type JsonValue,
} from '../../audit/nest-free.js';
import { getEntryRules, isFactPath, isList, isPersonal, type EntryRules } from './field-rules.js';
import { ALWAYS_POINTERS, buildPersonalFields, type ClassifiedEvent } from '../proof/sealing/personal-tree.js';
import { escapeName } from '../proof/sealing/own-fields.js';
import { OWN_FIELDS } from './own-fields.js';
import { isReasonPersonal } from '../proof/sealing/personal-tests.js';

interface RuledField {
  readonly name: string;
  /** The field's part of a JSON Pointer: `/status`. */
  readonly step: string;
  readonly rule: FieldRule;
}

const SHAPES_BY_RULE = new WeakMap<FactRules['getRule'], FieldShapes<RuledField>>();

/** Returns the shapes of an event's fields under the given rules. The same `getRule` always gets the same object. */
function getShapeCache({ getRule }: FactRules): FieldShapes<RuledField> {
  const known = SHAPES_BY_RULE.get(getRule);
  if (known) return known;
  const made = new FieldShapes((name) => ({ name, step: `/${escapeName(name)}`, rule: getRule(name) }));
  SHAPES_BY_RULE.set(getRule, made);
  return made;
}

/** Returns the JSON Pointers (RFC 6901) of an event's personal values, except those that are personal in every event. */
export function findPersonal(event: AuditEvent, rules: FactRules): readonly string[] {
  return new PersonalFinder(event, rules).find();
}

/** Finds the personal values of an event that is sealed without a line. */
export function classify(event: AuditEvent, rules: FactRules): ClassifiedEvent {
  return { event, tree: buildPersonalFields(event, findPersonal(event, rules)) };
}

class PersonalFinder {
  private readonly shapes: ReturnType<typeof getShapeCache>;
  private readonly pointers: string[] = [];

  constructor(
    private readonly event: AuditEvent,
    private readonly rules: FactRules,
  ) {
    this.shapes = getShapeCache(rules);
  }

  find(): readonly string[] {
    const {
      actor,
      changes,
      details,
      detailsIssues = [],
      error,
      metadata,
      reason,
      related = [],
      request,
      resource,
    } = this.event;
    this.inOwn('actor', actor);
    if (changes) this.inChanges(changes);
    this.inObject(details, '/details');
    for (const [index, { path }] of detailsIssues.entries())
      if (!isFactPath(path)) this.pointers.push(`/detailsIssues/${index}/path`);
    if (error) this.inOwn('error', error);
    this.inObject(metadata, '/metadata');
    if (reason !== undefined && isReasonPersonal(reason, this.rules)) this.pointers.push('/reason');
    for (const [index, fields] of related.entries()) this.inOwn('resource', fields, `/related/${index}`);
    if (request) this.inOwn('request', request);
    if (resource) this.inOwn('resource', resource);
    return this.pointers;
  }

  private inOwn(group: keyof typeof OWN_FIELDS, fields: object, pointer = `/${group}`): void {
    for (const [name, test] of OWN_FIELDS[group]) {
      const value = (fields as Readonly<Record<string, unknown>>)[name]; // any object may have this property
      if (value === undefined || !test(value, this.event, this.rules)) continue;
      const at = `${pointer}/${name}`;
      if (!ALWAYS_POINTERS.has(at)) this.pointers.push(at);
    }
  }

  private inChanges(changes: AuditChanges): void {
    for (const { name, step } of this.shapes.of(changes)) {
      const value = (changes as Readonly<Record<string, JsonValue>>)[name] ?? null; // changes contain JSON only
      if (name !== 'diff' || !isList(value)) this.inField(value, '/changes', step, 'judged');
      else if (isPersonal(value, 'judged', this.rules)) this.pointers.push('/changes/diff');
      else this.inList(value, '/changes/diff', 'judged', true);
    }
  }

  private inField(value: JsonValue, holder: string, step: string, rule: FieldRule): void {
    if (!isPersonal(value, rule, this.rules)) {
      if (typeof value === 'object' && value !== null) this.inside(value, holder + step, rule);
      return;
    }
    const pointer = holder + step;
    const other = this.rules.ruleAt?.(pointer);
    if (other && !isPersonal(value, other, this.rules)) this.inside(value, pointer, other);
    else this.pointers.push(pointer);
  }

  private inside(value: JsonValue, pointer: string, rule: FieldRule): void {
    if (typeof value !== 'object' || value === null) return;
    if (isList(value)) this.inList(value, pointer, rule);
    else this.inObject(value, pointer);
  }

  private inList(items: readonly JsonValue[], pointer: string, rule: FieldRule, isDiff = false): void {
    for (const [index, item] of items.entries()) {
      if (typeof item !== 'object' || item === null) continue;
      const at = `${pointer}/${index}`;
      if (isDiff && !isList(item)) this.inObject(item, at, getEntryRules(item, this.rules));
      else this.inside(item, at, rule);
    }
  }

  private inObject(fields: JsonObject, pointer: string, entry?: EntryRules): void {
    for (const { name, step, rule } of this.shapes.of(fields))
      this.inField(fields[name] ?? null, pointer, step, (entry && getEntryFieldRule(name, entry)) ?? rule);
  }
}

function getEntryFieldRule(name: string, { sides, isPathPersonal }: EntryRules): FieldRule | undefined {
  if (name === 'path') return isPathPersonal ? 'personal' : 'fact';
  return name === 'from' || name === 'to' ? sides : undefined;
}

import {
  FieldShapes,
  type AuditChanges,
  type AuditDetailsIssue,
  type AuditEvent,
  type AuditResource,
  type FactRules,
  type FieldRule,
  type JsonObject,
  type JsonValue,
} from '../../audit/nest-free.js';
import { stepped, type SteppedField } from '../proof/sealing/event-shapes.js';
import { entryRules, isFactPath, isList, isPersonal, type EntryRules } from './field-rules.js';
import type { EventMarks, Marks } from '../proof/sealing/marks.js';
import { OWN_FIELDS } from './own-fields.js';
import { isReasonPersonal } from '../proof/sealing/personal-tests.js';

interface RuledField extends SteppedField {
  readonly rule: FieldRule;
}

const SHAPES_BY_RULE = new WeakMap<FactRules['ruleOf'], FieldShapes<RuledField>>();

/** Returns the shapes of an event's fields under the given rules. The same `ruleOf` always gets the same object. */
function rulesByShape({ ruleOf }: FactRules): FieldShapes<RuledField> {
  const known = SHAPES_BY_RULE.get(ruleOf);
  if (known) return known;
  const made = new FieldShapes((name) => ({ ...stepped(name), rule: ruleOf(name) }));
  SHAPES_BY_RULE.set(ruleOf, made);
  return made;
}

export function findPersonal(event: AuditEvent, rules: FactRules): EventMarks {
  const finder = new PersonalFinder(event, rules);
  const marks = new Map<string, Marks>();
  for (const name of FIELDS) {
    const found = finder.inEvent(name);
    if (found) marks.set(name, found);
  }
  return marks;
}

const FIELDS = [
  'actor',
  'changes',
  'details',
  'detailsIssues',
  'error',
  'metadata',
  'reason',
  'related',
  'request',
  'resource',
] as const;

class PersonalFinder {
  private readonly shapes: ReturnType<typeof rulesByShape>;

  constructor(
    private readonly event: AuditEvent,
    private readonly rules: FactRules,
  ) {
    this.shapes = rulesByShape(rules);
  }

  inEvent(name: (typeof FIELDS)[number]): Marks | undefined {
    const { event, rules } = this;
    switch (name) {
      case 'reason':
        return event.reason !== undefined && isReasonPersonal(event.reason, rules) ? true : undefined;
      case 'detailsIssues':
        return event.detailsIssues && inIssues(event.detailsIssues);
      case 'related':
        return event.related && inRelated(event.related, event, rules);
      case 'changes':
        return event.changes && this.inChanges(event.changes);
      case 'details':
      case 'metadata':
        return this.inObject(event[name], `/${name}`);
      default:
        return event[name] && this.inOwn(name, event[name]);
    }
  }

  private inOwn(group: keyof typeof OWN_FIELDS, fields: object): Marks | undefined {
    let marks: Map<string, Marks> | undefined;
    for (const [name, test] of OWN_FIELDS[group]) {
      const value = (fields as Readonly<Record<string, unknown>>)[name]; // any object may have this property
      if (value !== undefined && test(value, this.event, this.rules)) (marks ??= new Map()).set(name, true);
    }
    return marks;
  }

  private inChanges(changes: AuditChanges): Marks | undefined {
    let marks: Map<string, Marks> | undefined;
    for (const { name, step } of this.shapes.of(changes)) {
      const value = (changes as Readonly<Record<string, JsonValue>>)[name] ?? null; // changes contain JSON only
      const pointer = `/changes${step}`;
      const found =
        name === 'diff' && isList(value) ? this.inDiff(value, pointer) : this.inField(value, pointer, 'judged');
      if (found) (marks ??= new Map()).set(name, found);
    }
    return marks;
  }

  private inDiff(diff: readonly JsonValue[], pointer: string): Marks | undefined {
    return isPersonal(diff, 'judged', this.rules) ? true : this.inList(diff, pointer, 'judged', true);
  }

  private inField(value: JsonValue, pointer: string, rule: FieldRule): Marks | undefined {
    if (!isPersonal(value, rule, this.rules)) return this.inside(value, pointer, rule);
    const other = this.rules.ruleAt?.(pointer);
    return other && !isPersonal(value, other, this.rules) ? this.inside(value, pointer, other) : true;
  }

  private inside(value: JsonValue, pointer: string, rule: FieldRule): Marks | undefined {
    if (typeof value !== 'object' || value === null) return undefined;
    return isList(value) ? this.inList(value, pointer, rule) : this.inObject(value, pointer);
  }

  private inList(items: readonly JsonValue[], pointer: string, rule: FieldRule, isDiff = false): Marks | undefined {
    let marks: Map<string, Marks> | undefined;
    for (const [index, item] of items.entries()) {
      if (typeof item !== 'object' || item === null) continue;
      const at = `${pointer}/${index}`;
      const found =
        isDiff && !isList(item) ? this.inObject(item, at, entryRules(item, this.rules)) : this.inside(item, at, rule);
      if (found) (marks ??= new Map()).set(String(index), found);
    }
    return marks;
  }

  private inObject(fields: JsonObject, pointer: string, entry?: EntryRules): Marks | undefined {
    let marks: Map<string, Marks> | undefined;
    for (const { name, step, rule } of this.shapes.of(fields)) {
      const found = this.inField(fields[name] ?? null, pointer + step, (entry && ruleInEntry(name, entry)) ?? rule);
      if (found) (marks ??= new Map()).set(name, found);
    }
    return marks;
  }
}

function inIssues(issues: readonly AuditDetailsIssue[]): Marks | undefined {
  const personal = issues.flatMap(({ path }, index) =>
    isFactPath(path) ? [] : [[String(index), new Map([['path', true as const]])] as const],
  );
  return personal.length > 0 ? new Map(personal) : undefined;
}

/** The rules of the resource apply. */
function inRelated(related: readonly AuditResource[], event: AuditEvent, rules: FactRules): Marks | undefined {
  const marks = related.flatMap((fields, index) => {
    const names = [...OWN_FIELDS.resource].filter(([name, test]) => {
      const value = (fields as unknown as Readonly<Record<string, unknown>>)[name]; // any object may have this property
      return value !== undefined && test(value, event, rules);
    });
    return names.length === 0 ? [] : [[String(index), new Map(names.map(([name]) => [name, true as const]))] as const];
  });
  return marks.length > 0 ? new Map(marks) : undefined;
}

function ruleInEntry(name: string, { sides, isPathPersonal }: EntryRules): FieldRule | undefined {
  if (name === 'path') return isPathPersonal ? 'personal' : 'fact';
  return name === 'from' || name === 'to' ? sides : undefined;
}

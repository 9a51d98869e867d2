import { randomBytes } from 'node:crypto';
import type { AuditChanges, AuditEvent, JsonObject, JsonValue } from '../../src/audit/index.js';
import type { AuditDetailsIssue, FactRules, FieldRule } from '../../src/audit/nest-free.js';
import { getEntryRules, isList, isPersonal } from '../../src/monitoring/inbox/field-rules.js';
import { OWN_FIELDS } from '../../src/monitoring/inbox/own-fields.js';
import { escapeName } from '../../src/monitoring/proof/sealing/own-fields.js';
import { isFactPath } from '../../src/monitoring/inbox/field-rules.js';
import { isReasonPersonal } from '../../src/monitoring/proof/sealing/personal-tests.js';
import type { PersonalPart, SplitEvent } from '../../src/monitoring/proof/sealing/personal-part.js';
import {
  commitPersonal,
  SALT_BYTES,
  sealFacts,
  type SealedEvent,
} from '../../src/monitoring/proof/sealing/seal-event.js';

/** `joinPersonal` is the inverse. `rules` must be the same whenever an event is split. */
export function splitPersonal(event: AuditEvent, rules: FactRules): SplitEvent {
  const splitter = new EventSplitter(event, rules);
  const facts = splitter.split();
  const { personal } = splitter;
  return Object.keys(personal).length > 0 ? { facts, personal } : { facts };
}

/** With the salt, a reader can test guessed names against the commitment; without the salt, the commitment reveals nothing. */
export function makeSalt(): Uint8Array {
  return randomBytes(SALT_BYTES);
}

export function sealEvent(facts: AuditEvent, personal: PersonalPart | undefined, salt: Uint8Array): SealedEvent {
  return sealFacts(facts, personal && commitPersonal(personal, salt));
}

/** Specs compare `writeEvent` with this definition, which builds objects field by field. */
class EventSplitter {
  readonly personal: Record<string, JsonValue> = {};

  constructor(
    private readonly event: AuditEvent,
    private readonly rules: FactRules,
  ) {}

  split(): AuditEvent {
    const { actor, request, resource, error, reason, changes, details, detailsIssues, metadata, ...rest } = this.event;
    const isPersonalReason = reason !== undefined && isReasonPersonal(reason, this.rules);
    if (isPersonalReason) this.take('/reason', reason);
    const requestFacts = this.own('request', request ?? {});
    return {
      ...rest,
      actor: this.own('actor', actor),
      ...(resource ? { resource: this.own('resource', resource) } : {}),
      // A row cannot contain an empty request, so the facts of a stored event would differ.
      ...(Object.keys(requestFacts).length > 0 ? { request: requestFacts } : {}),
      ...(error ? { error: this.own('error', error) } : {}),
      ...(reason === undefined || isPersonalReason ? {} : { reason }),
      ...(changes ? { changes: this.changes(changes) } : {}),
      details: this.object(details, '/details'),
      ...(detailsIssues ? { detailsIssues: this.issues(detailsIssues) } : {}),
      metadata: this.object(metadata, '/metadata'),
    };
  }

  private take(pointer: string, value: JsonValue): void {
    this.personal[pointer] = value;
  }

  private own<Own extends object>(group: keyof typeof OWN_FIELDS, fields: Own): Own {
    const facts: Record<string, unknown> = {};
    for (const [name, value] of Object.entries(fields)) {
      if (value === undefined) continue;
      if (OWN_FIELDS[group].get(name)?.(value, this.event, this.rules))
        this.take(`/${group}/${name}`, value as JsonValue);
      else facts[name] = value;
    }
    return facts as Own; // without what is personal, which is put back before anybody is shown it
  }

  private issues(issues: readonly AuditDetailsIssue[]): readonly AuditDetailsIssue[] {
    return issues.map(({ path, ...rest }, index) => {
      if (isFactPath(path)) return { path, ...rest };
      this.take(`/detailsIssues/${index}/path`, path);
      return rest as AuditDetailsIssue; // put back before anybody is shown it
    });
  }

  private changes(changes: AuditChanges): AuditChanges {
    const { diff, ...states } = changes;
    const facts = this.object(states, '/changes', () => 'judged');
    if (diff === undefined) return facts;
    if (!isList(diff)) return { ...facts, ...this.object({ diff }, '/changes', () => 'judged') };
    if (isPersonal(diff, 'judged', this.rules)) {
      this.take('/changes/diff', diff);
      return facts;
    }
    return { ...facts, diff: diff.map((entry, index) => this.entry(entry, `/changes/diff/${index}`)) };
  }

  private entry(entry: JsonValue, pointer: string): JsonValue {
    if (typeof entry !== 'object' || entry === null || isList(entry)) return this.json(entry, pointer, 'judged');
    const { sides, isPathPersonal } = getEntryRules(entry, this.rules);
    return this.object(entry, pointer, (name) => {
      if (name === 'path') return isPathPersonal ? 'personal' : 'fact';
      return name === 'from' || name === 'to' ? sides : this.rules.getRule(name);
    });
  }

  private json(value: JsonValue, pointer: string, rule: FieldRule): JsonValue {
    if (typeof value !== 'object' || value === null) return value;
    if (isList(value)) return value.map((item, index) => this.json(item, `${pointer}/${index}`, rule));
    return this.object(value, pointer);
  }

  private object(value: JsonObject, pointer: string, getRule = this.rules.getRule): JsonObject {
    const closeAfterTests: Record<string, JsonValue> = {};
    for (const name of Object.keys(value)) {
      const field = value[name] ?? null;
      const rule = getRule(name);
      const at = `${pointer}/${escapeName(name)}`;
      if (isPersonal(field, rule, this.rules)) this.take(at, field);
      else setField(closeAfterTests, name, this.json(field, at, rule));
    }
    return closeAfterTests;
  }
}

/** An assignment to `__proto__` would set the prototype. */
function setField(fields: Record<string, JsonValue>, name: string, value: JsonValue): void {
  if (name !== '__proto__') fields[name] = value;
  else Object.defineProperty(fields, name, { value, enumerable: true, configurable: true, writable: true });
}

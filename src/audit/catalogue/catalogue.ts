import { NOT_AN_EVENT_NAME, auditErrors } from '../errors/audit.errors.js';
import { definedFields } from '../event/merge-fields.js';
import {
  type AuditOutcome,
  foldOutcome,
  isStringArray,
  isOneOf,
  OUTCOMES,
  SEVERITIES,
} from '../../base/event/outcomes.js';
import type { AuditEventDefinition } from './define-audit-events.js';
import { derivedTypeName, EVENT_NAME_PATTERN, splitTypeName } from './event-name.js';
import type { KnownAction, ResolvedEventType } from './event-type.js';
import {
  ROW_CHANGE_TYPES,
  ALWAYS_PERSONAL,
  LISTED_ACTIONS,
  LISTED_TYPES,
  LISTED_ALIASES,
} from './listed-event-types.js';
import { findMisspelledName } from '../errors/nearest-name.js';

export const CUSTOM_CATEGORY = 'custom';

const NO_LISTS = { aliases: [], compliance: [], personal: [], facts: [] };
type ListName = keyof typeof NO_LISTS;

/** Holds the known event types: the generated lists, the types of row changes, and a team's own definitions. Immutable. */
export class Catalogue {
  private readonly types = new Map<string, ResolvedEventType>();
  private readonly aliases: EventAliases;
  private readonly actions = new Map<string, KnownAction>(LISTED_ACTIONS);
  private readonly ends = new Map<string, Map<AuditOutcome, ResolvedEventType>>();

  /** @throws `AUDIT_EVENT_DEFINITION_INVALID` for an invalid definition, or one that contradicts another. */
  constructor(readonly definitions: readonly AuditEventDefinition[] = []) {
    for (const listed of LISTED_TYPES) {
      this.types.set(listed.type, listed);
      const details = this.actions.get(listed.action)?.details;
      this.setEnd(Object.freeze({ ...listed, details }));
    }
    this.aliases = new EventAliases(this.types);
    for (const definition of [...ROW_CHANGE_TYPES, ...definitions]) this.define(definition);
  }

  /**
   * Resolves an action, an event type, an alias or a custom name. `requested` is the outcome of an action (default: `success`). `requested`
   * overrides an event type's outcome. The details of an action may contain the fields of all its listed event types.
   *
   * @param requested any spelling that `foldOutcome` accepts; any other value means `failure`, unless the name itself means `denied`
   * @throws `AUDIT_EVENT_NAME_INVALID` for an invalid name.
   */
  resolve(name: string, requested?: unknown): ResolvedEventType {
    if (typeof name !== 'string' || !EVENT_NAME_PATTERN.test(name)) throw auditErrors.AUDIT_EVENT_NAME_INVALID(name);
    const outcome = foldOutcome(requested);
    if (outcome === undefined && requested !== undefined && requested !== null) return this.atBestFailed(name);
    if (this.actions.has(name)) return this.resolveByAction(name, outcome ?? 'success');
    const known = this.types.get(this.aliases.resolve(name));
    if (known) return outcome && outcome !== known.outcome ? this.resolveByAction(known.action, outcome) : known;
    return this.resolveCustom(name, outcome);
  }

  /** Returns the event type for an alias. Returns any other name unchanged. */
  canonicalName(name: string): string {
    return this.aliases.resolve(name);
  }

  /** Whether a name is only an action, and neither an event type nor an alias. */
  isActionOnly(name: string): boolean {
    return this.actions.has(name) && !this.types.has(name) && !this.aliases.has(name);
  }

  /** Returns the known name that a custom name, with or without its outcome, probably misspells; `undefined` for any other name. */
  findMisspelled(name: string): string | undefined {
    const known = [...this.actions.keys(), ...this.types.keys(), ...this.aliases.names];
    const action = splitTypeName(name)?.action ?? name;
    return known.includes(action) ? undefined : (findMisspelledName(name, known) ?? findMisspelledName(action, known));
  }

  knownTypes(): readonly ResolvedEventType[] {
    return [...this.types.values()];
  }

  /** Returns a problem for each category of an option that no event can have. */
  unknownCategories(option: string, categories: readonly string[]): readonly string[] {
    const known = new Set([CUSTOM_CATEGORY, ...this.knownTypes().map(({ category }) => category)]);
    return categories
      .filter((category) => !known.has(category))
      .map((category) => `${option} has the unknown category ${category} (use one of ${[...known].sort().join(', ')})`);
  }

  /** Returns the compliance tags by action. A tag applies to all event types of its action. */
  complianceTags(): ReadonlyMap<string, readonly string[]> {
    return new Map([...this.actions].map(([action, { compliance }]) => [action, compliance]));
  }

  private atBestFailed(name: string): ResolvedEventType {
    const named = this.resolve(name);
    return named.outcome === 'denied' ? named : this.resolve(name, 'failure');
  }

  private resolveByAction(name: string, outcome: AuditOutcome): ResolvedEventType {
    const known = this.ends.get(name)?.get(outcome);
    if (known) return known;
    const action = this.actions.get(name) ?? { category: CUSTOM_CATEGORY, compliance: [] };
    return { type: derivedTypeName(name, outcome), action: name, outcome, personal: ALWAYS_PERSONAL, ...action };
  }

  private resolveCustom(name: string, outcome: AuditOutcome | undefined): ResolvedEventType {
    const split = splitTypeName(name);
    const input = split?.action ?? name;
    const action = this.actions.has(input) ? input : this.aliases.resolveAction(input);
    const meant = outcome ?? split?.outcome ?? 'success';
    if (this.actions.has(action)) return this.resolveByAction(action, meant);
    const isAsNamed = split ? meant === split.outcome : meant === 'success';
    const type = isAsNamed ? name : meant === 'success' ? action : derivedTypeName(action, meant);
    return { type, action, outcome: meant, category: CUSTOM_CATEGORY, compliance: [], personal: ALWAYS_PERSONAL };
  }

  private define(input: AuditEventDefinition): void {
    const definition = { ...NO_LISTS, ...definedFields(input) };
    checkDefinition(definition);
    const { name, action, outcome, category, severity, aliases, compliance, personal, facts } = definition;
    const known = this.actions.get(action);
    const listed = LISTED_TYPES.find((each) => each === this.types.get(name) && each.action === action);
    if (known && known.category !== category) {
      const problem = `its action ${action} is in the category "${known.category}" already. Use that category, or another action.`;
      throw auditErrors.AUDIT_EVENT_DEFINITION_INVALID(name, problem);
    }
    for (const word of [name, ...aliases]) {
      const taken = this.types.has(word) || this.aliases.has(word) || this.actions.has(word);
      const isListed = word === name && listed?.outcome === outcome;
      if ((taken && !isListed) || (word === name && aliases.includes(name)))
        throw auditErrors.AUDIT_EVENT_DEFINITION_INVALID(
          word,
          'the catalogue has that name already. Choose another name. To add tags, aliases or personal fields to a given type, give its action, outcome and category.',
        );
    }
    if (this.ends.get(action)?.has(outcome) && !listed) {
      const problem = `the action ${action} has an event type for ${outcome} already. Record that one, or name another action.`;
      throw auditErrors.AUDIT_EVENT_DEFINITION_INVALID(name, problem);
    }
    const tags = new Set([...(known?.compliance ?? []), ...compliance]);
    this.actions.set(action, { category, compliance: [...tags], details: known?.details });
    for (const alias of aliases) this.aliases.add(alias, name);
    const own: ResolvedEventType = Object.freeze({
      type: name,
      action,
      outcome,
      category,
      severity: severity ?? listed?.severity,
      compliance: [...new Set([...(listed?.compliance ?? []), ...compliance])],
      personal: new Set([...ALWAYS_PERSONAL, ...personal]),
      facts,
      details: definition.details ? { schema: definition.details } : listed?.details,
    });
    this.types.set(name, own);
    this.setEnd(listed && !definition.details ? { ...own, details: known?.details } : own);
  }

  private setEnd(type: ResolvedEventType): void {
    const ends = this.ends.get(type.action) ?? new Map<AuditOutcome, ResolvedEventType>();
    this.ends.set(type.action, ends.set(type.outcome, type));
  }
}

/** JavaScript callers may pass anything. */
function checkDefinition(definition: AuditEventDefinition & Readonly<Record<ListName, readonly string[]>>): void {
  const { name, action, outcome, category, severity, aliases, compliance, personal, facts } = definition;
  const refuse = (problem: string): never => {
    throw auditErrors.AUDIT_EVENT_DEFINITION_INVALID(name, problem);
  };
  for (const [what, texts] of Object.entries({ aliases, compliance, personal, facts })) {
    if (!isStringArray(texts)) refuse(`its ${what} is not a list of texts. Give such a list, or leave it out.`);
  }
  const both = facts.find((field) => personal.includes(field));
  if (both !== undefined) refuse(`its field ${both} is in both facts and personal. Name it in one of them.`);
  for (const word of [name, action, ...aliases]) {
    if (typeof word !== 'string' || !EVENT_NAME_PATTERN.test(word)) refuse(`"${word}" ${NOT_AN_EVENT_NAME}`);
  }
  if (!isOneOf(OUTCOMES, outcome)) refuse(`its outcome is ${String(outcome)}. Use one of ${OUTCOMES.join(', ')}.`);
  if (severity !== undefined && !isOneOf(SEVERITIES, severity)) {
    refuse(`its severity is ${String(severity)}. Use one of ${SEVERITIES.join(', ')}.`);
  }
  if (typeof category !== 'string' || category === '') refuse('it has no category. Name one, such as "order".');
  if (definition.details !== undefined && !isStandardSchema(definition.details)) {
    refuse(
      'its details are not a Standard Schema. Use one of zod, valibot, arktype or another library that implements it, ' +
        'or leave them out.',
    );
  }
}

function isStandardSchema(value: unknown): boolean {
  if ((typeof value !== 'object' && typeof value !== 'function') || value === null) return false;
  const { '~standard': standard } = value as { readonly '~standard'?: { readonly validate?: unknown } | null }; // reading a missing property is safe
  return typeof standard?.validate === 'function';
}

/** Resolves aliases: `login_failed` is another spelling of the event type `user_login_failed`. */
class EventAliases {
  private readonly types = new Map<string, string>(LISTED_ALIASES);
  private readonly actions = new Map<string, string>();

  constructor(listed: ReadonlyMap<string, ResolvedEventType>) {
    for (const [alias, type] of LISTED_ALIASES) {
      const shortName = splitTypeName(alias)?.action;
      const action = listed.get(type)?.action;
      if (shortName !== undefined && action !== undefined) this.actions.set(shortName, action);
    }
  }

  get names(): Iterable<string> {
    return this.types.keys();
  }

  has(name: string): boolean {
    return this.types.has(name);
  }

  add(alias: string, type: string): void {
    this.types.set(alias, type);
  }

  /** Returns the event type of an alias. Returns any other name unchanged. */
  resolve(name: string): string {
    return this.types.get(name) ?? name;
  }

  /** Returns the action that an alias names without the outcome, for example `user_login` for `login`. Returns any other name unchanged. */
  resolveAction(name: string): string {
    return this.actions.get(name) ?? name;
  }
}

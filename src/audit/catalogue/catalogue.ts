import { InvalidEventDefinitionError } from '../errors/invalid-event-definition.error.js';
import { InvalidEventNameError } from '../errors/invalid-event-name.error.js';
import { isOneOf, OUTCOMES, SEVERITIES, type AuditOutcome, type AuditSeverity } from '../event/outcomes.js';
import { ACTIONS, EVENT_TYPES } from './catalogue.generated.js';
import { derivedTypeName, EVENT_NAME_PATTERN, splitTypeName } from './event-name.js';

/** Every name that the catalogue knows: actions, event types and aliases. */
export type CatalogueName = keyof typeof EVENT_TYPES | (typeof ACTIONS)[number];

/** A catalogue name, or any other of the form `^[a-z][a-z0-9_.:-]{0,127}$`. */
export type AuditEventName = CatalogueName | (string & Record<never, never>);

/** An event type of a team's own. */
export interface AuditEventDefinition {
  readonly name: string;
  readonly action: string;
  readonly outcome: AuditOutcome;
  readonly category: string;
  readonly severity?: AuditSeverity;
  readonly aliases?: readonly string[];
}

/** What a name means. */
export interface ResolvedEventType {
  readonly type: string;
  readonly action: string;
  readonly outcome: AuditOutcome;
  readonly category: string;
  readonly severity?: AuditSeverity | undefined;
}

/** The category of names that nobody defined. */
export const CUSTOM_CATEGORY = 'custom';

/** The known event types: the given catalogue and a team's own definitions. Immutable. */
export class Catalogue {
  private readonly types = new Map<string, ResolvedEventType>();
  private readonly aliases = new Map<string, string>();
  private readonly categories = new Map<string, string>();
  /** Canonical type names by action and outcome. */
  private readonly names = new Map<string, string>();

  /** @throws InvalidEventDefinitionError (`AUDIT_EVENT_DEFINITION_INVALID`) for a definition that contradicts another. */
  constructor(definitions: readonly AuditEventDefinition[] = []) {
    for (const [name, entry] of Object.entries(EVENT_TYPES)) {
      if ('aliasOf' in entry) this.aliases.set(name, entry.aliasOf);
      else this.add({ name, ...entry });
    }
    for (const definition of definitions) this.define(definition);
  }

  /**
   * Resolves an action, an event type, an alias or a custom name. An action takes the `wanted` outcome (default success); an event
   * type keeps its own outcome unless `wanted` names another of the same action.
   *
   * @throws InvalidEventNameError (`AUDIT_EVENT_NAME_INVALID`) for what is no name at all.
   */
  resolve(name: string, wanted?: AuditOutcome): ResolvedEventType {
    if (typeof name !== 'string' || !EVENT_NAME_PATTERN.test(name)) throw new InvalidEventNameError(name);
    const outcome = isOneOf(OUTCOMES, wanted) ? wanted : undefined; // a careless caller's must not cost the event
    if (this.categories.has(name)) return this.ofAction(name, outcome ?? 'success');
    const known = this.types.get(this.aliases.get(name) ?? name);
    if (known) return outcome && outcome !== known.outcome ? this.ofAction(known.action, outcome) : known;
    return this.ofCustom(name, outcome);
  }

  /** The spelling that a type is recorded under: itself, or what it is an alias of. */
  canonicalName(name: string): string {
    return this.aliases.get(name) ?? name;
  }

  private ofAction(action: string, outcome: AuditOutcome): ResolvedEventType {
    const name = this.names.get(`${action} ${outcome}`);
    const known = name === undefined ? undefined : this.types.get(name);
    if (known) return known;
    const category = this.categories.get(action) ?? CUSTOM_CATEGORY;
    return { type: derivedTypeName(action, outcome), action, outcome, category };
  }

  /** A name that nobody defined is its own action, unless it ends in an outcome: `invoice_export_failed`. */
  private ofCustom(name: string, outcome: AuditOutcome | undefined): ResolvedEventType {
    const split = splitTypeName(name);
    const action = split?.action ?? name;
    const meant = outcome ?? split?.outcome ?? 'success';
    if (this.categories.has(action)) return this.ofAction(action, meant);
    const isAsNamed = split ? meant === split.outcome : meant === 'success';
    const type = isAsNamed ? name : meant === 'success' ? action : derivedTypeName(action, meant);
    return { type, action, outcome: meant, category: CUSTOM_CATEGORY };
  }

  private define(definition: AuditEventDefinition): void {
    const { name, action, outcome, category, severity, aliases = [] } = definition;
    for (const word of [name, action, ...aliases]) {
      if (typeof word !== 'string' || !EVENT_NAME_PATTERN.test(word))
        throw InvalidEventDefinitionError.badName(name, word);
    }
    if (!isOneOf(OUTCOMES, outcome)) throw InvalidEventDefinitionError.badWord(name, 'outcome', outcome, OUTCOMES);
    if (severity !== undefined && !isOneOf(SEVERITIES, severity)) {
      throw InvalidEventDefinitionError.badWord(name, 'severity', severity, SEVERITIES);
    }
    if (typeof category !== 'string' || category === '') throw InvalidEventDefinitionError.noCategory(name);
    const known = this.categories.get(action);
    if (known !== undefined && known !== category) throw InvalidEventDefinitionError.otherCategory(name, action, known);
    for (const word of [name, ...aliases]) {
      const taken = this.types.has(word) || this.aliases.has(word) || this.categories.has(word);
      if (taken || (word === name && aliases.includes(name))) throw InvalidEventDefinitionError.takenName(word);
    }
    if (this.names.has(`${action} ${outcome}`)) throw InvalidEventDefinitionError.takenOutcome(name, action, outcome);
    this.add(definition);
    for (const alias of aliases) this.aliases.set(alias, name);
  }

  private add({ name, action, outcome, category, severity }: AuditEventDefinition): void {
    this.types.set(name, Object.freeze({ type: name, action, outcome, category, severity }));
    this.names.set(`${action} ${outcome}`, name);
    this.categories.set(action, category);
  }
}

import { Inject, Injectable } from '@nestjs/common';
import { AUDIT_OPTIONS, type ResolvedAuditOptions } from './audit-options.js';
import { Catalogue } from './catalogue/catalogue.js';
import { catalogueFactRules } from './catalogue/known-facts.js';
import { personalNameTest } from './event/redaction/anonymize-names.js';
import type { JsonObject } from './event/audit-event.js';
import { keepFacts, type FactRules } from './event/fact-rules.js';

/** How many names of event types are kept; custom ones may be different every time. */
const MAX_TYPES = 4_096;

/**
 * Decides which parts of an event are personal, and which are known not to be: for everything that anonymises events or stores personal
 * parts separately.
 */
@Injectable()
export class PersonalNames {
  private readonly isAlwaysPersonal: (name: string) => boolean;
  private readonly tests = new Map<string, (name: string) => boolean>();
  private readonly rules = new Map<string, FactRules>();
  private readonly commonRules: FactRules;

  constructor(
    @Inject(AUDIT_OPTIONS) private readonly options: ResolvedAuditOptions,
    @Inject(Catalogue) private readonly catalogue: Catalogue,
  ) {
    this.isAlwaysPersonal = personalNameTest(options.personalFields);
    this.commonRules = this.makeRules(this.isAlwaysPersonal, []);
  }

  /**
   * Returns the test of names for an event type: names that are always personal, those of the option `personalFields`, and those that the
   * catalogue marks for the type. It returns the same function for the same type, since it remembers its answers.
   *
   * @param type an event's `type`; absent: the names that are personal in any event
   * @throws InvalidEventNameError (`AUDIT_EVENT_NAME_INVALID`) for an invalid name
   */
  testFor(type?: string): (name: string) => boolean {
    if (type === undefined) return this.isAlwaysPersonal;
    const known = this.tests.get(type);
    if (known) return known;
    const { personal } = this.catalogue.resolve(type);
    const test =
      personal.size === 0 ? this.isAlwaysPersonal : (name: string) => personal.has(name) || this.isAlwaysPersonal(name);
    if (this.tests.size < MAX_TYPES) this.tests.set(type, test);
    return test;
  }

  /**
   * Returns the fact rules for the events of a type, from the catalogue, the options `factFields` and `factWords`, and the type's own
   * definition. It returns the same object for the same type.
   *
   * @param type an event's `type`
   * @throws InvalidEventNameError (`AUDIT_EVENT_NAME_INVALID`) for an invalid name
   */
  rulesFor(type: string): FactRules {
    const known = this.rules.get(type);
    if (known) return known;
    const { facts = [] } = this.catalogue.resolve(type);
    const isPersonalName = this.testFor(type);
    const isCommon = facts.length === 0 && isPersonalName === this.isAlwaysPersonal;
    const rules = isCommon ? this.commonRules : this.makeRules(isPersonalName, facts);
    if (this.rules.size < MAX_TYPES) this.rules.set(type, rules);
    return rules;
  }

  /**
   * Returns the parts of an event's details that are known facts: for a provider that erases a person from its store.
   *
   * @param name an event's type or action
   */
  factsOf(name: string, details: JsonObject): JsonObject {
    return keepFacts(details, this.rulesFor(name));
  }

  private makeRules(isPersonalName: (name: string) => boolean, facts: readonly string[]): FactRules {
    const { factFields, factWords } = this.options;
    return catalogueFactRules({ isPersonalName, factFields: [...factFields, ...facts], factWords });
  }
}

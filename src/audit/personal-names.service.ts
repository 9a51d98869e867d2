import { Inject, Injectable } from '@nestjs/common';
import { AUDIT_OPTIONS, type ResolvedAuditOptions } from './audit-options.js';
import { Catalogue } from './catalogue/catalogue.js';
import { buildCatalogueFactRules } from './catalogue/listed-event-types.js';
import { createPersonalNameTest } from './event/redaction/anonymize.js';
import type { JsonObject } from './event/audit-event.js';
import { pickFacts, type FactRules } from './event/fact-rules.js';
import { memoize } from '../base/memoize.js';

/** Decides which parts of an event are personal or facts, for code that anonymises events or stores personal parts separately. */
@Injectable()
export class PersonalNames {
  /**
   * Returns a function that tests whether a field's name is personal, by the default list, `personalFields` and the catalogue. Returns the
   * same function for the same type, since the function caches its results.
   *
   * @param type an event's `type`; without it, the test for the names that are personal in any event
   * @throws `AUDIT_EVENT_NAME_INVALID` for an invalid name
   */
  readonly testFor: (type?: string) => (name: string) => boolean;

  /**
   * Returns an event type's fact rules, from the catalogue, the options `factFields` and `factWords`, and the type's own definition.
   * Returns the same object for the same type.
   *
   * @param type an event's `type`
   * @throws `AUDIT_EVENT_NAME_INVALID` for an invalid name
   */
  readonly rulesFor: (type: string) => FactRules;

  constructor(@Inject(AUDIT_OPTIONS) options: ResolvedAuditOptions, @Inject(Catalogue) catalogue: Catalogue) {
    const { personalFields, factFields, factWords } = options;
    const isAlwaysPersonal = createPersonalNameTest(personalFields);
    const commonRules = buildCatalogueFactRules({ isPersonalName: isAlwaysPersonal, factFields, factWords });
    const createTest = memoize((type) => {
      const { personal } = catalogue.resolve(type);
      return personal.size === 0 ? isAlwaysPersonal : (name: string) => personal.has(name) || isAlwaysPersonal(name);
    });
    this.testFor = (type) => (type === undefined ? isAlwaysPersonal : createTest(type));
    this.rulesFor = memoize((type) => {
      const { facts = [] } = catalogue.resolve(type);
      const isPersonalName = this.testFor(type);
      if (facts.length === 0 && isPersonalName === isAlwaysPersonal) return commonRules;
      return buildCatalogueFactRules({ isPersonalName, factFields: [...factFields, ...facts], factWords });
    });
  }

  /**
   * Returns the facts in an event's details. A provider keeps these facts when it erases a person.
   *
   * @param name an event's type or action
   */
  getFacts(name: string, details: JsonObject): JsonObject {
    return pickFacts(details, this.rulesFor(name));
  }
}

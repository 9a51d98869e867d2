import { Inject, Injectable } from '@nestjs/common';
import { AUDIT_OPTIONS, type ResolvedAuditOptions } from './audit-options.js';
import { Catalogue } from './catalogue/catalogue.js';
import { personalNameTest } from './event/anonymize-names.js';

/** Names of event types that are kept; custom ones may be different every time. */
const MAX_TYPES = 4_096;

/** Which fields of an event say something of a person: for all that anonymises events or keeps such fields apart. */
@Injectable()
export class PersonalNames {
  private readonly isAlwaysPersonal: (name: string) => boolean;
  private readonly tests = new Map<string, (name: string) => boolean>();

  constructor(
    @Inject(AUDIT_OPTIONS) { personalFields }: ResolvedAuditOptions,
    @Inject(Catalogue) private readonly catalogue: Catalogue,
  ) {
    this.isAlwaysPersonal = personalNameTest(personalFields);
  }

  /**
   * The test of names for an event type: those that always are personal, the option `personalFields`, and those that the
   * catalogue marks for it. The same function for the same type, which remembers its answers.
   *
   * @param type an event's `type`; absent: those that are personal in any event
   * @throws InvalidEventNameError (`AUDIT_EVENT_NAME_INVALID`) for what is no name
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
}

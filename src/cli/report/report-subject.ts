import type { ApplicationLogins } from '../../modules/monitoring/store/sessions/login-rights.js';
import type { Verification } from '../../modules/monitoring/verify/verification.js';
import type { EventGroup, LedgerFacts } from './ledger-facts.js';
import type { ReportScope } from './report.js';
import type { ReportSettings } from './report-settings.js';
import { selects, type Selection } from './selection.js';

/** What of a report's subject comes from elsewhere than its events and the database. */
export interface SubjectContext {
  /** Absent where no application was given. */
  readonly settings: ReportSettings | undefined;
  readonly logins: ApplicationLogins | undefined;
  /** Absent where the ledger was not verified. */
  readonly verification: Verification | undefined;
  /** Whether it was verified by keys from elsewhere than its database. */
  readonly isKeyGiven: boolean;
  /** As {@link LogHead.placesDue}. */
  readonly placesDue: number;
}

/** All that the checks look at. They do no input or output. */
export class ReportSubject {
  constructor(
    readonly scope: ReportScope,
    readonly facts: LedgerFacts,
    readonly groups: readonly EventGroup[],
    private readonly context: SubjectContext,
  ) {}

  get settings(): ReportSettings | undefined {
    return this.context.settings;
  }

  get logins(): ApplicationLogins | undefined {
    return this.context.logins;
  }

  get verification(): Verification | undefined {
    return this.context.verification;
  }

  get isKeyGiven(): boolean {
    return this.context.isKeyGiven;
  }

  /** Whether the ledger was verified, and nothing contradicts what its keys signed. */
  get isSound(): boolean {
    return this.verification?.verdict === 'sound';
  }

  /** Whether something that looks at places in their order has passed all that it has to. */
  hasPassed(places: number): boolean {
    return places > 0 && places >= this.context.placesDue;
  }

  /** How many events of the time range are stored, canaries among them. */
  stored(): number {
    return this.sum({}, ({ events, canaries }) => events + canaries);
  }

  /** How many events of the time range a selection takes. */
  count(selection: Selection): number {
    return this.sum(selection, ({ events }) => events);
  }

  /** The sum of a figure over the groups that a selection takes. */
  sum(selection: Selection, figure: (group: EventGroup) => number): number {
    return this.groups.filter((group) => selects(selection, group)).reduce((sum, group) => sum + figure(group), 0);
  }
}

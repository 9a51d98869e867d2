import type { ApplicationLogins } from '../../modules/monitoring/store/sessions/login-rights.js';
import type { Verification } from '../../modules/monitoring/verify/verification.js';
import type { EventGroup, LedgerFacts } from './ledger-facts.js';
import type { ReportScope } from './report.js';
import type { ReportSettings } from './report-settings.js';
import { selects, type Selection } from './selection.js';

/** The parts of a report's subject that do not come from its events or the database. */
export interface SubjectContext {
  /** Absent if no application was given. */
  readonly settings: ReportSettings | undefined;
  readonly logins: ApplicationLogins | undefined;
  /** Absent if the ledger was not verified. */
  readonly verification: Verification | undefined;
  /** Whether the keys of the verification come from outside its database. */
  readonly isKeyGiven: boolean;
  /** See {@link LogHead.placesDue}. */
  readonly placesDue: number;
}

/** The complete input of the checks, which do no input or output themselves. */
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

  /** Whether the ledger was verified, and nothing contradicts the signatures of its keys. */
  get isSound(): boolean {
    return this.verification?.verdict === 'sound';
  }

  /** Whether a reader of the places has passed all that are due. */
  hasPassed(places: number): boolean {
    return places > 0 && places >= this.context.placesDue;
  }

  /** Returns how many events of the time range are stored, including canaries. */
  stored(): number {
    return this.sum({}, ({ events, canaries }) => events + canaries);
  }

  /** Returns how many events of the time range a selection matches. */
  count(selection: Selection): number {
    return this.sum(selection, ({ events }) => events);
  }

  /** Returns the sum of a figure over the groups that a selection matches. */
  sum(selection: Selection, figure: (group: EventGroup) => number): number {
    return this.groups.filter((group) => selects(selection, group)).reduce((sum, group) => sum + figure(group), 0);
  }
}

import type { Verification } from '../verify/verification.js';
import type { EventGroup, LedgerFacts } from './ledger-facts.js';
import type { ReportScope } from './report.js';
import type { ReportSettings } from './report-settings.js';
import { selects, type Selection } from './selection.js';

/** All that the checks look at. They do no input or output. */
export class ReportSubject {
  constructor(
    readonly scope: ReportScope,
    readonly facts: LedgerFacts,
    readonly groups: readonly EventGroup[],
    readonly settings: ReportSettings | undefined,
    readonly verification: Verification | undefined,
  ) {}

  /** How many events of the time range a selection takes. */
  count(selection: Selection): number {
    return this.sum(selection, ({ events }) => events);
  }

  /** The sum of a figure over the groups that a selection takes. */
  sum(selection: Selection, figure: (group: EventGroup) => number): number {
    return this.groups.filter((group) => selects(selection, group)).reduce((sum, group) => sum + figure(group), 0);
  }
}

import type { ReportedClause, ReportScope } from './report.js';
import type { ReportSettings } from './settings-of.js';

/** Lists what the report does not show, the worst first. */
export function gapsOf(
  scope: ReportScope,
  clauses: readonly ReportedClause[],
  settings: ReportSettings | undefined,
  warnings: readonly string[],
): readonly string[] {
  const of = (...verdicts: readonly string[]): string =>
    clauses
      .filter(({ verdict }) => verdicts.includes(verdict))
      .map(({ id }) => id)
      .join(', ');
  const told = (names: string, says: string): readonly string[] => (names === '' ? [] : [`${says}: ${names}.`]);
  return [
    ...(scope.cut ? [`Only the newest ${scope.cut.read} of ${scope.cut.of} events were read.`] : []),
    ...told(of('fail'), 'These clauses fail'),
    ...told(of('error'), 'A check of these clauses failed'),
    ...told(of('no-evidence'), 'The ledger has no evidence for these clauses'),
    ...told(of('partial'), 'These clauses are answered in part'),
    ...told(of('evidence'), 'The ledger has events for these clauses, which a person has to judge'),
    ...told(of('manual'), 'Only a person can answer these clauses'),
    ...warnings,
    ...(settings ? [] : ['No application was given: its options, routes and inventory are not in this report.']),
    'The report says what this ledger shows. It does not say whether a law or a standard is met: that is for an auditor to judge.',
  ];
}

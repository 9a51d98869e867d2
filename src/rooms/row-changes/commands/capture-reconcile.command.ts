import { reconcileLedger } from '../reconcile/reconcile-ledger.js';
import { describeMismatch, type ReconciledTable, type Reconciliation } from '../reconcile/reconciliation.js';
import { EXIT_CODES } from '../../../cli/command-result.js';
import { defineCommand } from '../../../cli/define-command.js';
import { texts } from '../../../cli/options.js';
import { verdictLine, type Line } from '../../../cli/commands/show-lines.js';

export const command = defineCommand({
  name: 'capture reconcile',
  usage: ['[--table <table>]… [options]'],
  about: [
    'Finds rows that were changed without an event, and events whose row is missing. The command compares each row of the captured tables with its last event, or with the baseline if the row has no event. It reads one snapshot and changes nothing. It trusts the ledger, so run verify as well.',
  ],
  options: { table: texts('<table>', 'a captured table, such as public.orders or orders; default: all') },
  connects: 'application',
  json: '"verdict", "checkedAt", "tables", "findings", "totalFindings", "notes"',
  examples: ['', '--table orders --json'],
  exitCodes: '0 when rows and events match, 1 when they differ, 2 when the command could not check them.',
  run: async ({ options: { table }, ledger }) => {
    const found = await reconcileLedger({ database: await ledger(), tables: table.length === 0 ? undefined : table });
    return {
      exitCode: found.verdict === 'complete' ? EXIT_CODES.fine : EXIT_CODES.missing,
      text: describe(found),
      data: found,
    };
  },
});

function describe({ verdict, tables, findings, totalFindings, notes }: Reconciliation): readonly Line[] {
  const more = totalFindings - findings.length;
  return [
    ...findings.map(describeMismatch),
    ...(more > 0 ? [`… and ${more} more`] : []),
    ...notes.map((note) => `note: ${note}`),
    ...tables.map(describeTable),
    verdictLine(
      verdict,
      `${tables.length} captured ${tables.length === 1 ? 'table' : 'tables'}, ${totalFindings} ${totalFindings === 1 ? 'finding' : 'findings'}`,
    ),
  ];
}

function describeTable({ table, rows, baselineAt, counts }: ReconciledTable): string {
  const found = Object.entries(counts).map(([kind, count]) => `${count} ${kind}`);
  return `${table}: ${rows} ${rows === 1 ? 'row' : 'rows'}, baseline from ${baselineAt}; ${found.length === 0 ? 'nothing was changed without an event' : found.join(', ')}`;
}

import type { CommandEntry } from '../../../cli/define-command.js';

export const REPORT_COMMANDS: Readonly<Record<string, CommandEntry>> = {
  report: {
    summary: 'answer the clauses of a framework, such as PCI DSS, with evidence from the ledger',
    load: () => import('./report.command.js'),
  },
};

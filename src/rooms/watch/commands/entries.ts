import type { CommandEntry } from '../../../cli/define-command.js';

export const RULE_COMMANDS: Readonly<Record<string, CommandEntry>> = {
  watch: { summary: 'test a rule on past events, and check rule files', load: () => import('./watch.command.js') },
};

export const ALERT_COMMANDS: Readonly<Record<string, CommandEntry>> = {
  alerts: { summary: 'show, answer and suppress alerts', load: () => import('./alerts.command.js') },
  review: { summary: 'show, comment on and sign off daily reviews', load: () => import('./review.command.js') },
};

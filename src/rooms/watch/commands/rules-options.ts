import type { Call } from '../../../cli/define-command.js';
import { BY, text, texts } from '../../../cli/options.js';

export const RULES_OPTIONS = {
  rules: texts('<file>', 'for test: a file of rules, or a folder of them'),
  tune: text('<json>', 'for test: the option tune of WatchModule, such as \'{"brute_force":{"threshold":20}}\''),
  country: text(
    '<file>',
    'for test: a module whose default export is the function watch.country; default: the recorded country',
  ),
  by: BY,
};

export type RulesCall = Call<typeof RULES_OPTIONS>;

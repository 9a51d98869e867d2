import { defineCommand } from '../../../cli/define-command.js';
import { RULES_OPTIONS } from './rules-options.js';

export const command = defineCommand({
  name: 'watch',
  usage: ['test <rule> [from=<time>] [to=<time>] [options]', 'lint <file>…'],
  about: ['Tests a rule on past events, and checks files of rules.'],
  arguments: [
    ['<action>', 'test or lint'],
    [
      '<words...>',
      'for test: the name of a shipped rule, or of one in --rules, and from=2026-11-01 and to=…, as in query: events that were sealed in this time; default: all. For lint: files of rules (.yml, .yaml), or folders of them',
    ],
  ],
  actions: {
    test: 'evaluate one rule over the sealed events, like the application, and print the alerts that the rule would have raised; raises no alert, and is recorded as a read',
    lint: 'check files of rules, together with the shipped rules, like the application at boot; print each mistake with its file and line; needs no database',
  },
  options: RULES_OPTIONS,
  connects: 'application',
  records: (action) => action === 'test',
  json: 'for test "rule", "places", "alerts"; for lint "rules", "problems"',
  examples: ['test brute_force from=2026-11-01', 'test many_exports --rules audit-rules --json', 'lint audit-rules'],
  exitCodes:
    '0 when the rule ran, with or without alerts, or the rules are valid; 1 when lint finds a mistake; 2 when the command failed.',
  run: async (call) => {
    const [action, ...words] = call.words;
    const { rules, tune, country } = call.options;
    if (action === 'test') return (await import('./test-rule.js')).testRule(words, call);
    if (action !== 'lint') call.refuse('the action must be test or lint');
    if (rules.length > 0 || tune !== undefined || country !== undefined)
      call.refuse('--rules, --tune and --country are for test');
    return (await import('./lint-rules.js')).lintRules(words, call);
  },
});

import { stat } from 'node:fs/promises';
import { linkRules } from '../rules/link-rules.js';
import { SHIPPED_RULES } from '../shipped-rules/shipped-rules.generated.js';
import { EXIT_CODES } from '../../../cli/command-result.js';
import type { Outcome } from '../../../cli/define-command.js';
import type { RulesCall } from './rules-options.js';

export async function lintRules(words: readonly string[], { refuse }: RulesCall): Promise<Outcome> {
  for (const path of words) await stat(path); // rejects if the file is missing
  const unread: string[] = [];
  // Loaded on demand, because the help needs neither zod nor a YAML parser.
  const { readRuleFiles } = await import('../rules/read-rule-files.js');
  const { parseRules } = await import('../rules/parse-rules.js');
  const files = readRuleFiles(words, unread);
  if (unread.length > 0) refuse(...unread);
  const parsed = parseRules([...SHIPPED_RULES, ...files]);
  const linked = parsed.problems.length > 0 ? undefined : linkRules(parsed.rules);
  const problems = [...parsed.problems, ...(linked?.problems ?? [])];
  const own = parsed.rules.slice(SHIPPED_RULES.length);
  const text = problems.length > 0 ? problems.join('\n') : `${own.length} rules are valid`;
  return {
    exitCode: problems.length > 0 ? EXIT_CODES.undecided : EXIT_CODES.fine,
    text: `${text}\n`,
    data: { rules: own.map(({ name }) => name), problems },
  };
}

/**
 * Exports the modules that the commands of the watch load once they run, including the checks of filters, so that their help does not wait
 * for them.
 */
export { Catalogue } from '../audit/plain.js';
export { EventQuery } from '../modules/monitoring/query/event-query.dto.js';
export { pickParameters } from '../modules/monitoring/query/query-parameters.js';
export { readQuery } from '../modules/monitoring/query/read-query.js';
export { RuleStatement } from '../modules/watch/rule-statement.js';
export { chooseRule, chooseRules } from '../modules/watch/rules/choose-rules.js';
export { linkRules } from '../modules/watch/rules/link-rules.js';
export { parseRules } from '../modules/watch/rules/parse-rules.js';
export { readRuleFiles } from '../modules/watch/rules/read-rule-files.js';
export { tuneRules, unknownRules } from '../modules/watch/rules/tune-rules.js';
export { runHistory } from '../modules/watch/run-history.js';
export { SHIPPED_RULES } from '../modules/watch/shipped/shipped-rules.generated.js';

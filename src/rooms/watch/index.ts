export { WatchModule } from './watch.module.js';
export type { WatchOptions } from './watch-options.js';
export type { RuleTuning } from './rules/rule-values.js';

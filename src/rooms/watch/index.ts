export { WatchModule } from './watch.module.js';
export type { ReviewOptions, WatchOptions } from './watch-options.js';
export type { RuleTuning } from './rules/tune-rules.js';
export type { Alert, AlertPage, AlertQuery, AlertWithEvents, AnsweredAlert } from './alerts/alert.dto.js';
export { Alerts } from './alerts/alerts.service.js';

export { WatchModule } from './watch.module.js';
export type { ReviewOptions, WatchOptions } from './watch-options.js';
export type { RuleTuning } from './rules/rule-values.js';
export type { Alert, AlertPage, AlertQuery, AlertWithEvents } from './alerts/alert.dto.js';
export { Alerts } from './alerts/alerts.service.js';
export type { Reply, NewReply, RecordedReply } from './threads/thread.dto.js';
export { Threads } from './threads/threads.service.js';
export type { Reviewer } from './threads/subjects.js';

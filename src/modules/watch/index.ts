export { WatchModule } from './watch.module.js';
export type { WatchOptions } from './watch-options.js';
export type { ReviewOptions } from './watch-options.js';
export { ReviewOpener } from './review/review-opener.service.js';
export { Reviews } from './review/reviews.service.js';
export { InvalidReviewError, ReviewRefusedError, UnknownReviewError } from './watch.error.js';
export type { RuleTuning } from './rules/tune-rules.js';
export type {
  Acknowledgement as AlertAcknowledgement,
  Alert,
  AlertActor,
  AlertPage,
  AlertWithEvents,
  AnsweredAlert,
  Resolution,
} from './alerts/alert.dto.js';
export type { AlertState, Verdict } from './alert-event.js';
export { AlertQuery } from './alerts/alert.dto.js';
export { AlertSuppressedError, InvalidSuppressionError } from './watch.error.js';
export { Alerts } from './alerts/alerts.service.js';
export type { NewSuppression, Suppression, SuppressionPage } from './alerts/suppression.dto.js';
export type { SuppressionTarget } from './alerts/suppression.js';
export { Suppressions } from './alerts/suppressions.service.js';
export { WatchRunner } from './watch-runner.service.js';

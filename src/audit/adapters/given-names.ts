import { AUTH_RESULTS } from './auth-audit.types.js';
import { SEVERITIES } from '../../base/event/outcomes.js';
import { AUTH_NAMES, LOGGED_NAMES, TRAIL_NAMES } from '../catalogue/catalogue.generated.js';

/** The levels of `logEvent`: `debug` is recorded as `info`, `warn` as `warning`. */
const LOG_LEVELS = [...SEVERITIES, 'debug', 'warn'] as const;

/** The event types of `logEvent`, for code that names them so: `AuditEventType.USER_LOGIN` is `'user_login'`. */
export const AuditEventType = /* @__PURE__ */ constantsOf(LOGGED_NAMES);
export type AuditEventType = ValueOf<typeof AuditEventType>;

/** The levels of `logEvent`: `AuditLogLevel.INFO` is `'info'`. */
export const AuditLogLevel = /* @__PURE__ */ constantsOf(LOG_LEVELS);
export type AuditLogLevel = ValueOf<typeof AuditLogLevel>;

/** The audit actions of `AuditTrail`: `AuditAction.USER_LOGIN_ATTEMPTED` is `'user_login_attempted'`. */
export const AuditAction = /* @__PURE__ */ constantsOf(TRAIL_NAMES);
export type AuditAction = ValueOf<typeof AuditAction>;

/** The event types of `AuthAudit`: `AuthEventType.LOGIN_SUCCESS` is `'login_success'`. */
export const AuthEventType = /* @__PURE__ */ constantsOf(AUTH_NAMES);
export type AuthEventType = ValueOf<typeof AuthEventType>;

/** The results of authentication events: `ActionResult.SUCCESS` is `'success'`. */
export const ActionResult = /* @__PURE__ */ constantsOf(AUTH_RESULTS);
export type ActionResult = ValueOf<typeof ActionResult>;

/** The severities of events: `Severity.INFO` is `'info'`. */
export const Severity = /* @__PURE__ */ constantsOf(SEVERITIES);
export type Severity = ValueOf<typeof Severity>;

type ConstantsOf<Name extends string> = { readonly [Each in Name as Uppercase<Each>]: Each };
type ValueOf<Constants> = Constants[keyof Constants];

function constantsOf<Name extends string>(names: readonly Name[]): ConstantsOf<Name> {
  const constants = Object.fromEntries(names.map((name) => [name.toUpperCase(), name]));
  return Object.freeze(constants) as ConstantsOf<Name>; // the keys are the names in upper case
}

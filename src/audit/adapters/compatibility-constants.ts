import { AUTH_RESULTS } from './auth-audit.types.js';
import { SEVERITIES } from '../../base/event/outcomes.js';
import { AUTH_NAMES, LOGGED_NAMES, TRAIL_NAMES } from '../catalogue/catalogue.generated.js';

/** The levels of `logEvent`: `debug` is recorded as `info`, `warn` as `warning`. */
const LOG_LEVELS = [...SEVERITIES, 'debug', 'warn'] as const;

/** The event types of `logEvent`, for code that names them so: `AuditEventType.USER_LOGIN` is `'user_login'`. */
export const AuditEventType = /* @__PURE__ */ toConstants(LOGGED_NAMES);
export type AuditEventType = ConstantValue<typeof AuditEventType>;

/** The levels of `logEvent`: `AuditLogLevel.INFO` is `'info'`. */
export const AuditLogLevel = /* @__PURE__ */ toConstants(LOG_LEVELS);
export type AuditLogLevel = ConstantValue<typeof AuditLogLevel>;

/** The audit actions of `AuditTrail`: `AuditAction.USER_LOGIN_ATTEMPTED` is `'user_login_attempted'`. */
export const AuditAction = /* @__PURE__ */ toConstants(TRAIL_NAMES);
export type AuditAction = ConstantValue<typeof AuditAction>;

/** The event types of `AuthAudit`: `AuthEventType.LOGIN_SUCCESS` is `'login_success'`. */
export const AuthEventType = /* @__PURE__ */ toConstants(AUTH_NAMES);
export type AuthEventType = ConstantValue<typeof AuthEventType>;

/** The results of authentication events: `ActionResult.SUCCESS` is `'success'`. */
export const ActionResult = /* @__PURE__ */ toConstants(AUTH_RESULTS);
export type ActionResult = ConstantValue<typeof ActionResult>;

/** The severities of events: `Severity.INFO` is `'info'`. */
export const Severity = /* @__PURE__ */ toConstants(SEVERITIES);
export type Severity = ConstantValue<typeof Severity>;

type ConstantMap<Name extends string> = { readonly [Each in Name as Uppercase<Each>]: Each };
type ConstantValue<Constants> = Constants[keyof Constants];

function toConstants<Name extends string>(names: readonly Name[]): ConstantMap<Name> {
  const constants = Object.fromEntries(names.map((name) => [name.toUpperCase(), name]));
  return Object.freeze(constants) as ConstantMap<Name>; // the keys are the names in upper case
}

/**
 * Conditions that checks count, as SQL on `audit_event`: a report shows the same text, so that others can count again. An erased value is
 * not missing.
 */

const IS_ERASED = '(personal_commitment IS NOT NULL AND personal_salt IS NULL)';
/** Returns when an event was accepted, from its id, which is sealed. */
export function acceptedAt(id: string): string {
  return `to_timestamp(('x' || left(replace(${id}::text, '-', ''), 12))::bit(48)::bigint / 1000.0)`;
}

/** The conditions that the checks of content count. */
export const COUNTED = {
  /** Events without the id of the user, administrator or service that acted. */
  withoutActor: `(actor_id IS NULL AND actor_type IN ('user', 'admin', 'service') AND NOT ${IS_ERASED})`,
  withoutOrigin: `(method IS NOT NULL AND ip IS NULL AND NOT ${IS_ERASED})`,
  /** Events without the type of a resource: a route shows where something was done, not to what. */
  withoutObject: `(resource_type IS NULL AND NOT ${IS_ERASED} AND type !~ '^(audit|alert|review)_')`,
  /** Events with a text that redaction masks: a JSON Web Token, an AWS key, a private key. */
  withSecrets: `(concat_ws(' ', details::text, changes::text, error::text, metadata::text, personal::text, reason) ~
  '(^|[^[:alnum:]_-])eyJ[[:alnum:]_-]{5,}[.][[:alnum:]_-]+|(^|[^[:alnum:]])AKIA[A-Z0-9]{16}([^[:alnum:]]|$)|-----BEGIN ([A-Z]+ )*PRIVATE KEY-----')`,
  ahead: `(occurred_at > ${acceptedAt('id')} + interval '5 seconds')`,
} as const;

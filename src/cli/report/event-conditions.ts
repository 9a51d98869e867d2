/** What checks count in events, as SQL of `audit_event`: a report shows the same text to those who count again. An erased value is not missing. */

const IS_ERASED = '(personal_commitment IS NOT NULL AND personal_salt IS NULL)';
/** When an event was accepted, by its id, which is sealed. */
export function acceptedAt(id: string): string {
  return `to_timestamp(('x' || left(replace(${id}::text, '-', ''), 12))::bit(48)::bigint / 1000.0)`;
}

/** Without the id of a user, an administrator or a service that did it. */
export const WITHOUT_ACTOR = `(actor_id IS NULL AND actor_type IN ('user', 'admin', 'service') AND NOT ${IS_ERASED})`;
/** Of a request, and without its address. */
export const WITHOUT_ORIGIN = `(method IS NOT NULL AND ip IS NULL AND NOT ${IS_ERASED})`;
/** Without the type of a resource: a route says where something was done, and not to what. */
export const WITHOUT_OBJECT = `(resource_type IS NULL AND NOT ${IS_ERASED} AND type !~ '^(audit|alert|review)_')`;
/** With a text that redaction masks: a JSON Web Token, a key of AWS, a private key. */
export const WITH_SECRET = `(concat_ws(' ', details::text, changes::text, error::text, metadata::text, personal::text, reason) ~
  '(^|[^[:alnum:]_-])eyJ[[:alnum:]_-]{5,}[.][[:alnum:]_-]+|(^|[^[:alnum:]])AKIA[A-Z0-9]{16}([^[:alnum:]]|$)|-----BEGIN ([A-Z]+ )*PRIVATE KEY-----')`;
/** That happened later than they were accepted. */
export const AHEAD = `(occurred_at > ${acceptedAt('id')} + interval '5 seconds')`;

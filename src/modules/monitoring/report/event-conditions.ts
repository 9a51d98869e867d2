/** What checks count in events, as SQL of `audit_event`: a report shows the same text to those who count again. An erased value is not missing. */

const IS_ERASED = '(personal_commitment IS NOT NULL AND personal_salt IS NULL)';
const ACCEPTED_AT = `to_timestamp(('x' || left(replace(id::text, '-', ''), 12))::bit(48)::bigint / 1000.0)`;

/** Without the id of a user, an administrator or a service that did it. */
export const WITHOUT_ACTOR = `(actor_id IS NULL AND actor_type IN ('user', 'admin', 'service') AND NOT ${IS_ERASED})`;
/** Of a request, and without its address. */
export const WITHOUT_ORIGIN = `(method IS NOT NULL AND ip IS NULL AND NOT ${IS_ERASED})`;
/** With neither a resource nor a route. */
export const WITHOUT_OBJECT = `(resource_id IS NULL AND route IS NULL AND NOT ${IS_ERASED} AND type !~ '^(audit|alert|review)_')`;
/** That happened later than they were accepted. */
export const AHEAD = `(occurred_at > ${ACCEPTED_AT} + interval '5 seconds')`;

import type { EntityManager } from 'typeorm';

/** Of a person's own acts, from where; of acts on the person, what names the person. */
const FORGET_ORIGIN = `
  UPDATE admin_audit_log SET ip_address = NULL, user_agent = NULL
   WHERE admin_user_id = $1 AND (ip_address IS NOT NULL OR user_agent IS NOT NULL)`;
const FORGET_DETAILS = `
  UPDATE admin_audit_log SET details = details - $2::text[]
   WHERE target_type = 'user' AND target_id = $1 AND details ?| $2::text[]`;
const NAMES = `
  SELECT DISTINCT jsonb_object_keys(details) AS name FROM admin_audit_log WHERE target_type = 'user' AND target_id = $1`;

/**
 * Makes the administrators' log tell nothing of a person but the id, in the manager's transaction if there is one. That
 * somebody did it, and to whom, stays. Resolves with how many entries were changed.
 */
export async function forgetInAdminLog(
  userId: string,
  manager: EntityManager,
  isPersonalName: (name: string) => boolean,
): Promise<number> {
  const [, origins] = await manager.query<readonly [unknown, number]>(FORGET_ORIGIN, [userId]);
  const found = await manager.query<readonly { readonly name: string }[]>(NAMES, [userId]);
  const names = found.map(({ name }) => name).filter(isPersonalName);
  const [, details] = await manager.query<readonly [unknown, number]>(FORGET_DETAILS, [userId, names]);
  return origins + details;
}

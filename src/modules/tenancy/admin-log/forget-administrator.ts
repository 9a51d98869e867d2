import type { EntityManager } from 'typeorm';
import type { AuditSubject, PersonalNames } from '../../../audit/index.js';
import { forgetDetails, patternsOf } from '../../personal-data/index.js';

/** Of a person's own acts, and of what came from an address or browser by which the person is named. */
const FORGET_ORIGIN = `
  UPDATE admin_audit_log SET ip_address = NULL, user_agent = NULL
   WHERE (admin_user_id = $1 OR host(ip_address) ILIKE ANY ($2::text[]) OR user_agent ILIKE ANY ($2::text[]))
     AND (ip_address IS NOT NULL OR user_agent IS NOT NULL)`;
const FORGET_TARGET = 'UPDATE admin_audit_log SET target_id = NULL WHERE target_id ILIKE ANY ($1::text[])';

/** What the person did, what was done to the person, and what names the person. */
const DETAILS = {
  name: 'admin_audit_log',
  eventName: 'action',
  where: `admin_user_id = $1 OR (target_type = 'user' AND target_id = $1) OR details::text ILIKE ANY ($2::text[])`,
};

/**
 * Makes the administrators' log tell nothing of a person but the id, in the manager's transaction if there is one. That
 * somebody did it, and to whom, stays. Resolves with how many changes it made to entries.
 */
export async function forgetInAdminLog(
  { id, identifiers }: AuditSubject,
  manager: EntityManager,
  personalNames: Pick<PersonalNames, 'factsOf'>,
): Promise<number> {
  const patterns = patternsOf(identifiers);
  const [, origins] = await manager.query<readonly [unknown, number]>(FORGET_ORIGIN, [id, patterns]);
  const [, targets] = await manager.query<readonly [unknown, number]>(FORGET_TARGET, [patterns]);
  return origins + targets + (await forgetDetails(DETAILS, [id, patterns], manager, personalNames));
}

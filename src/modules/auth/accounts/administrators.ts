import type { EntityManager } from 'typeorm';
import type { UserEntity } from './user.entity.js';

/** Held until the transaction's end, so that two administrators who remove each other leave one. */
const LOCK = `SELECT pg_advisory_xact_lock(hashtextextended('auth: administrators', 0))`;
const OTHER_ADMINISTRATOR = `SELECT 1 FROM auth_user WHERE active AND roles @> ARRAY['admin'] AND id <> $1 LIMIT 1`;

/** Lets one transaction at a time change who is an administrator. */
export async function lockAdministrators(manager: EntityManager): Promise<void> {
  await manager.query(LOCK);
}

/** Whether without this account there would be no active administrator. Call it behind {@link lockAdministrators}. */
export async function isLastAdministrator({ id, active, roles }: UserEntity, manager: EntityManager): Promise<boolean> {
  if (!active || !roles.includes('admin')) return false;
  return (await manager.query<unknown[]>(OTHER_ADMINISTRATOR, [id])).length === 0;
}

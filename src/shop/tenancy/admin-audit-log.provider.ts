import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource, type EntityManager } from 'typeorm';
import { AuditProvider, type AuditEvent, type AuditSubject, type JsonObject } from '../../audit/index.js';
import { addEventRows, readPages, toLikePatterns } from '../database/event-rows.js';

const COLUMNS = `
  id, occurred_at AS "occurredAt", admin_user_id AS "adminUserId", action, outcome, target_type AS "targetType",
  target_id AS "targetId", details, host(ip_address) AS "ipAddress", user_agent AS "userAgent", request_id AS "requestId"`;
const NEWEST = `
  SELECT ${COLUMNS} FROM admin_audit_log WHERE ($1::uuid IS NULL OR id < $1) ORDER BY id DESC LIMIT $2`;
const ADMINISTERED = `SELECT ${COLUMNS} FROM admin_audit_log WHERE admin_user_id = $1 ORDER BY id`;
const PAGE = `
  SELECT id, occurred_at AS "occurredAt", action, outcome, target_type AS "targetType", target_id AS "targetId", details,
         CASE WHEN admin_user_id = $1 THEN host(ip_address) END AS "ipAddress",
         CASE WHEN admin_user_id = $1 THEN user_agent END AS "userAgent"
    FROM admin_audit_log
   WHERE (admin_user_id = $1 OR (target_type = 'user' AND target_id = $1)) AND id > $2 ORDER BY id LIMIT 500`;
const ERASE_ORIGIN = `
  UPDATE admin_audit_log SET ip_address = NULL, user_agent = NULL
   WHERE (admin_user_id = $1 OR host(ip_address) ILIKE ANY ($2::text[]) OR user_agent ILIKE ANY ($2::text[]))
     AND (ip_address IS NOT NULL OR user_agent IS NOT NULL)`;
const ERASE_TARGET = 'UPDATE admin_audit_log SET target_id = NULL WHERE target_id ILIKE ANY ($1::text[])';
const ERASE_DETAILS = `
  UPDATE admin_audit_log SET details = '{}'
   WHERE (admin_user_id = $1 OR (target_type = 'user' AND target_id = $1) OR details::text ILIKE ANY ($2::text[]))
     AND details <> '{}'`;

/** Stores the administrators' log. An event whose id is already stored is not stored again. */
@Injectable()
@AuditProvider({
  backend: 'admin-audit-log',
  categories: ['administration', 'authorization', 'configuration', 'user_management'],
})
export class AdminAuditLogProvider implements AuditProvider {
  constructor(@InjectDataSource() private readonly database: DataSource) {}

  /** Stores a batch, which is committed when the promise resolves. Skips events whose actor has no id. */
  record(batch: readonly AuditEvent[]): Promise<void> {
    const events = batch.filter(({ actor }) => actor.id !== undefined);
    return addEventRows(this.database, 'admin_audit_log', events.map(toRow));
  }

  /** Returns the newest entries, newest first. With `before`, returns only entries that are older than this entry. */
  newest(limit: number, before?: string): Promise<object[]> {
    return this.database.query(NEWEST, [before, limit]);
  }

  eraseSubject(subject: AuditSubject): Promise<number> {
    return eraseFromAdminLog(subject, this.database.manager);
  }

  reportSubject({ id }: AuditSubject): AsyncGenerator<JsonObject> {
    return readPages(this.database, PAGE, id);
  }
}

/** Returns the log entries about a person's administrative actions, oldest first. */
export function readAdminLog(personId: string, manager: EntityManager): Promise<object[]> {
  return manager.query(ADMINISTERED, [personId]);
}

/**
 * Removes a person's data from the administrators' log, in the manager's transaction. The entries about the person's own actions stay, with
 * the person's id. The id of a target stays, unless it contains an identifier of the person. Resolves with the number of changes.
 */
export async function eraseFromAdminLog({ id, identifiers }: AuditSubject, manager: EntityManager): Promise<number> {
  const patterns = toLikePatterns(identifiers);
  const [, origins] = await manager.query<readonly [unknown, number]>(ERASE_ORIGIN, [id, patterns]);
  const [, targets] = await manager.query<readonly [unknown, number]>(ERASE_TARGET, [patterns]);
  const [, details] = await manager.query<readonly [unknown, number]>(ERASE_DETAILS, [id, patterns]);
  return origins + targets + details;
}

function toRow({ id, occurredAt, actor, action, outcome, resource, details, request }: AuditEvent): object {
  return {
    ...{ id, occurred_at: occurredAt, admin_user_id: actor.id, action, outcome },
    ...{ target_type: resource?.type, target_id: resource?.id, details },
    ...{ ip_address: request?.ip, user_agent: request?.userAgent, request_id: request?.id },
  };
}

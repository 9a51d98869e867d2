import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { isUUID } from 'class-validator';
import { DataSource, type EntityManager } from 'typeorm';
import { AuditProvider, type AuditEvent, type AuditSubject, type JsonObject } from '../../../audit/index.js';
import { pagesOf } from '../../../database/event-rows.js';
import type { SecurityLogItemView } from '../http/auth.dto.js';

const COLUMNS = 'id, occurred_at AS "occurredAt", type, outcome, reason, host(ip) AS ip, user_agent AS "userAgent"';
/** The join leaves out accounts that do not exist; an event that is there already stays as it is. */
const INSERT = `
  INSERT INTO security_log
  SELECT e.* FROM jsonb_populate_recordset(NULL::security_log, $1) AS e JOIN auth_user u ON u.id = e.user_id
  ON CONFLICT (id) DO NOTHING`;
const NEWEST = `
  SELECT ${COLUMNS} FROM security_log WHERE user_id = $1 AND ($2::uuid IS NULL OR id < $2) ORDER BY id DESC LIMIT $3`;
const ALL = `SELECT ${COLUMNS} FROM security_log WHERE user_id = $1 ORDER BY id`;
const FORGET = `
  UPDATE security_log SET ip = NULL, user_agent = NULL
   WHERE user_id = $1 AND (ip IS NOT NULL OR user_agent IS NOT NULL)`;
const PAGE = `SELECT ${COLUMNS} FROM security_log WHERE user_id = $1 AND id > $2 ORDER BY id LIMIT 500`;

/** Keeps, for each account, what happened to it: what its owner sees as the security log. */
@Injectable()
@AuditProvider({
  backend: 'security-log',
  categories: ['authentication', 'session', 'authorization', 'user_management'],
})
export class SecurityLogProvider implements AuditProvider {
  constructor(@InjectDataSource() private readonly dataSource: DataSource) {}

  /** Resolves when the batch is committed. Events that concern no known account are left out. */
  async record(batch: readonly AuditEvent[]): Promise<void> {
    // Also without rows: what resolves says that the store takes events.
    await this.dataSource.query(INSERT, [JSON.stringify(batch.map(rowOf).filter((row) => row.user_id !== undefined))]);
  }

  /** What happened to an account lately, or before an event, newest first. */
  newest(userId: string, limit: number, before?: string): Promise<SecurityLogItemView[]> {
    return this.dataSource.query(NEWEST, [userId, before, limit]);
  }

  /** What happened to the account stays; from where it was done does not. */
  async eraseSubject({ id }: AuditSubject): Promise<number> {
    if (!isUUID(id)) return 0;
    const [, changed] = await this.dataSource.query<readonly [unknown, number]>(FORGET, [id]);
    return changed;
  }

  async *reportSubject({ id }: AuditSubject): AsyncGenerator<JsonObject> {
    if (isUUID(id)) yield* pagesOf(this.dataSource, PAGE, id);
  }
}

/** All that happened to an account, oldest first. */
export function securityLogOf(userId: string, manager: EntityManager): Promise<SecurityLogItemView[]> {
  return manager.query(ALL, [userId]);
}

function rowOf(event: AuditEvent): Readonly<Record<string, unknown>> {
  const { id, occurredAt, type, outcome, reason, request } = event;
  return {
    ...{ id, user_id: concernedAccount(event), occurred_at: occurredAt, type, outcome, reason },
    ...{ ip: request?.ip, user_agent: request?.userAgent },
  };
}

/**
 * The id of the account that an event concerns: the user it was done to, else the user who did it. `undefined` when the
 * event names neither by a UUID, as ours are.
 */
function concernedAccount({ resource, actor }: AuditEvent): string | undefined {
  const doneTo = resource?.type === 'user' ? resource.id : undefined;
  const doneBy = actor.type === 'user' || actor.type === 'admin' ? actor.id : undefined;
  return [doneTo, doneBy].find((id) => isUUID(id));
}

import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { isUUID } from 'class-validator';
import { DataSource, type EntityManager } from 'typeorm';
import { AuditProvider, type AuditEvent, type AuditSubject, type JsonObject } from '../../audit/index.js';
import { readPages } from '../database/event-rows.js';

const COLUMNS = 'id, occurred_at AS "occurredAt", type, outcome, reason, host(ip) AS ip, user_agent AS "userAgent"';
/** The join skips the events of unknown accounts. */
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

/** Stores the events that concern an account. These events are the account's security log. */
@Injectable()
@AuditProvider({
  backend: 'security-log',
  categories: ['authentication', 'session', 'authorization', 'user_management'],
})
export class SecurityLogProvider implements AuditProvider {
  constructor(@InjectDataSource() private readonly dataSource: DataSource) {}

  /** Resolves when the batch is committed. Events without a known account are skipped. */
  async record(batch: readonly AuditEvent[]): Promise<void> {
    // The query runs even for an empty batch. If the query succeeds, the provider can store events.
    await this.dataSource.query(INSERT, [JSON.stringify(batch.map(toRow).filter((row) => row.user_id !== undefined))]);
  }

  /**
   * Returns the newest events of an account, newest first. If `before` is given, returns only events that are older than the event with
   * this id.
   */
  newest(userId: string, limit: number, before?: string): Promise<object[]> {
    return this.dataSource.query(NEWEST, [userId, before, limit]);
  }

  /** Removes the network address and the user agent from the person's events. The events stay. */
  async eraseSubject({ id }: AuditSubject): Promise<number> {
    if (!isUUID(id)) return 0;
    const [, changed] = await this.dataSource.query<readonly [unknown, number]>(FORGET, [id]);
    return changed;
  }

  async *reportSubject({ id }: AuditSubject): AsyncGenerator<JsonObject> {
    if (isUUID(id)) yield* readPages(this.dataSource, PAGE, id);
  }
}

/** Returns all events of an account, oldest first. */
export function readSecurityLog(userId: string, manager: EntityManager): Promise<object[]> {
  return manager.query(ALL, [userId]);
}

function toRow(event: AuditEvent): Readonly<Record<string, unknown>> {
  const { id, occurredAt, type, outcome, reason, request } = event;
  return {
    ...{ id, user_id: getConcernedAccount(event), occurred_at: occurredAt, type, outcome, reason },
    ...{ ip: request?.ip, user_agent: request?.userAgent },
  };
}

/** Returns only UUIDs, since the id of every account is a UUID. */
function getConcernedAccount({ resource, actor }: AuditEvent): string | undefined {
  const doneTo = resource?.type === 'user' ? resource.id : undefined;
  const doneBy = actor.type === 'user' || actor.type === 'admin' ? actor.id : undefined;
  return [doneTo, doneBy].find((id) => isUUID(id));
}

import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { isUUID } from 'class-validator';
import { DataSource } from 'typeorm';
import { AuditProvider, type AuditEvent, type AuditSubject, type JsonObject } from '../../../audit/index.js';
import { concernedAccount } from './concerned-account.js';

/** One statement a batch. The join leaves out accounts that do not exist; an event that is there already stays as it is. */
const INSERT = `
  INSERT INTO security_log (id, user_id, occurred_at, type, outcome, reason, ip, user_agent)
  SELECT e.id, u.id, e.occurred_at, e.type, e.outcome, e.reason, e.ip, e.user_agent
    FROM unnest($1::uuid[], $2::uuid[], $3::timestamptz[], $4::text[], $5::text[], $6::text[], $7::inet[], $8::text[])
      AS e (id, user_id, occurred_at, type, outcome, reason, ip, user_agent)
    JOIN auth_user u ON u.id = e.user_id
  ON CONFLICT (id) DO NOTHING`;

const FORGET = `
  UPDATE security_log SET ip = NULL, user_agent = NULL
   WHERE user_id = $1 AND (ip IS NOT NULL OR user_agent IS NOT NULL)`;
const PAGE = `
  SELECT id, occurred_at AS "occurredAt", type, outcome, reason, host(ip) AS ip, user_agent AS "userAgent"
    FROM security_log WHERE user_id = $1 AND id > $2 ORDER BY id LIMIT 500`;
const FIRST_ID = '00000000-0000-0000-0000-000000000000';

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
    const rows = batch.flatMap((event) => {
      const userId = concernedAccount(event);
      return userId === undefined ? [] : [{ event, userId }];
    });
    // Also without rows: what resolves says that the store takes events.
    await this.dataSource.query(INSERT, [
      rows.map(({ event }) => event.id),
      rows.map(({ userId }) => userId),
      rows.map(({ event }) => event.occurredAt),
      rows.map(({ event }) => event.type),
      rows.map(({ event }) => event.outcome),
      rows.map(({ event }) => event.reason ?? null),
      rows.map(({ event }) => event.request?.ip ?? null),
      rows.map(({ event }) => event.request?.userAgent ?? null),
    ]);
  }

  /** What happened to the account stays; from where it was done does not. */
  async eraseSubject({ id }: AuditSubject): Promise<number> {
    if (!isUUID(id)) return 0;
    const [, changed] = await this.dataSource.query<readonly [unknown, number]>(FORGET, [id]);
    return changed;
  }

  async *reportSubject({ id }: AuditSubject): AsyncGenerator<JsonObject> {
    if (!isUUID(id)) return;
    for (let after: unknown = FIRST_ID; after !== undefined;) {
      const rows = await this.dataSource.query<readonly JsonObject[]>(PAGE, [id, after]);
      yield* rows;
      after = rows.at(-1)?.id;
    }
  }
}

import { Inject, Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import {
  AuditProvider,
  PersonalNames,
  type AuditEvent,
  type AuditSubject,
  type JsonObject,
} from '../../../audit/index.js';
import { adminLogRowOf } from './admin-log-row.js';
import { forgetInAdminLog } from './forget-administrator.js';

const INSERT = `
  INSERT INTO admin_audit_log (id, occurred_at, admin_user_id, action, outcome, target_type, target_id, details,
                               ip_address, user_agent, request_id)
  SELECT * FROM unnest($1::uuid[], $2::timestamptz[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[],
                       $8::jsonb[], $9::inet[], $10::text[], $11::text[])
  ON CONFLICT (id) DO NOTHING`;
const COLUMNS = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10] as const;

/** Of what others did to the person, nothing of them. */
const PAGE = `
  SELECT id, occurred_at AS "occurredAt", action, outcome, target_type AS "targetType", target_id AS "targetId", details,
         CASE WHEN admin_user_id = $1 THEN host(ip_address) END AS "ipAddress",
         CASE WHEN admin_user_id = $1 THEN user_agent END AS "userAgent"
    FROM admin_audit_log
   WHERE (admin_user_id = $1 OR (target_type = 'user' AND target_id = $1)) AND id > $2 ORDER BY id LIMIT 500`;
const FIRST_ID = '00000000-0000-0000-0000-000000000000';

/** Keeps the administrators' log: one statement a batch, idempotent by event id. */
@Injectable()
@AuditProvider({
  backend: 'admin-audit-log',
  categories: ['administration', 'authorization', 'configuration', 'user_management'],
})
export class AdminAuditLogProvider implements AuditProvider {
  constructor(
    @InjectDataSource() private readonly database: DataSource,
    @Inject(PersonalNames) private readonly personalNames: PersonalNames,
  ) {}

  /** Committed when it resolves. Events by nobody known are skipped. */
  async record(batch: readonly AuditEvent[]): Promise<void> {
    const rows = batch.flatMap((event) => {
      const row = adminLogRowOf(event);
      return row ? [row] : [];
    });
    // Also without rows: what resolves says that the store takes events.
    await this.database.query(
      INSERT,
      COLUMNS.map((column) => rows.map((row) => row[column])),
    );
  }

  async eraseSubject(subject: AuditSubject): Promise<number> {
    return forgetInAdminLog(subject, this.database.manager, this.personalNames);
  }

  async *reportSubject({ id }: AuditSubject): AsyncGenerator<JsonObject> {
    for (let after: unknown = FIRST_ID; after !== undefined;) {
      const rows = await this.database.query<readonly JsonObject[]>(PAGE, [id, after]);
      yield* rows;
      after = rows.at(-1)?.id;
    }
  }
}

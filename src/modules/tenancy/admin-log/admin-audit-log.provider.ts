import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { AuditProvider, type AuditEvent } from '../../../audit/index.js';
import { adminLogRowOf } from './admin-log-row.js';

const INSERT = `
  INSERT INTO admin_audit_log (id, occurred_at, admin_user_id, action, outcome, target_type, target_id, details,
                               ip_address, user_agent, request_id)
  SELECT * FROM unnest($1::uuid[], $2::timestamptz[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[],
                       $8::jsonb[], $9::inet[], $10::text[], $11::text[])
  ON CONFLICT (id) DO NOTHING`;
const COLUMNS = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10] as const;

/** Keeps the administrators' log: one statement a batch, idempotent by event id. */
@Injectable()
@AuditProvider({
  backend: 'admin-audit-log',
  categories: ['administration', 'authorization', 'configuration', 'user_management'],
})
export class AdminAuditLogProvider implements AuditProvider {
  constructor(@InjectDataSource() private readonly database: DataSource) {}

  /** Committed when it resolves. Events by nobody known are skipped. */
  async record(batch: readonly AuditEvent[]): Promise<void> {
    const rows = batch.flatMap((event) => {
      const row = adminLogRowOf(event);
      return row ? [row] : [];
    });
    if (rows.length === 0) return;
    await this.database.query(
      INSERT,
      COLUMNS.map((column) => rows.map((row) => row[column])),
    );
  }
}

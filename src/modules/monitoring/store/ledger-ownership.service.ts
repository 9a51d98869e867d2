import { Inject, Injectable, Logger, type OnApplicationBootstrap } from '@nestjs/common';
import { LedgerPool } from './ledger-pool.service.js';

const OWNER = `
  SELECT session_user::text AS login, pg_get_userbyid(relowner)::text AS owner, pg_has_role(session_user, relowner, 'MEMBER') AS is_owner,
         EXISTS (SELECT FROM pg_roles WHERE rolname = 'audit_sequencer' AND pg_has_role(session_user, oid, 'MEMBER')) AS may_seal
    FROM pg_class WHERE oid = to_regclass('audit_event')`;

/** Says at boot when the login that adds events owns the ledger, or may seal it: it could change what it only has to write. */
@Injectable()
export class LedgerOwnership implements OnApplicationBootstrap {
  private readonly logger = new Logger('AuditLedger');

  constructor(@Inject(LedgerPool) private readonly pool: LedgerPool) {}

  /** Never rejects: a ledger that cannot be reached is reported where events are written. */
  async onApplicationBootstrap(): Promise<void> {
    const { rows } = await this.pool.query({ text: OWNER }).catch(() => ({ rows: [] }));
    const [row] = rows;
    if (row?.is_owner === true) this.warnOfOwner(row);
    else if (row?.may_seal === true) this.warnOfSequencer(row);
  }

  private warnOfOwner(row: Readonly<Record<string, unknown>>): void {
    this.logger.warn(
      `The login ${String(row.login)} has the rights of ${String(row.owner)}, which owns the ledger: anyone with this login can switch ` +
        'triggers off and change events, and only verify names that. Keep the owner apart: ' +
        'npx nestjs-audit-ledger migrate --repair --admin-url <address of a role that may make roles>.',
    );
  }

  private warnOfSequencer({ login }: Readonly<Record<string, unknown>>): void {
    this.logger.warn(
      `The login ${String(login)} adds events and may also seal them: anyone with this login can change the queue, leaves and tiles, and ` +
        'only verify names that. Give the sequencer a login of its own (sequencerUrl, AUDIT_SEQUENCER_URL): ' +
        'npx nestjs-audit-ledger migrate --repair --admin-url <address of a role that may make roles> --sequencer-url <its address>.',
    );
  }
}

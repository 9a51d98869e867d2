import { Inject, Injectable, Logger, type OnApplicationBootstrap } from '@nestjs/common';
import { LedgerPool } from './sessions/ledger-pools.service.js';
import { faultOfLogin, readLoginRights } from './sessions/login-rights.js';

/** Warns at boot if the login that adds events has excess rights: it is a superuser, owns the ledger, or may seal. */
@Injectable()
export class LedgerOwnership implements OnApplicationBootstrap {
  private readonly logger = new Logger('AuditLedger');

  constructor(@Inject(LedgerPool) private readonly pool: LedgerPool) {}

  /** Never rejects: the writers report an unreachable ledger. */
  async onApplicationBootstrap(): Promise<void> {
    const rights = await readLoginRights(this.pool).catch(() => undefined);
    const fault = rights && faultOfLogin(rights);
    if (fault) this.logger.warn(`${fault.says} ${fault.whatToDo}`);
  }
}

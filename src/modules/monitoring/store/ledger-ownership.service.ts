import { Inject, Injectable, Logger, type OnApplicationBootstrap } from '@nestjs/common';
import { LedgerPool } from './sessions/ledger-pools.service.js';
import { faultOfLogin, readLoginRights } from './sessions/login-rights.js';

/** Warns at boot if the login that adds events has more rights than adding: a superuser, the ledger's owner, or one that may seal. */
@Injectable()
export class LedgerOwnership implements OnApplicationBootstrap {
  private readonly logger = new Logger('AuditLedger');

  constructor(@Inject(LedgerPool) private readonly pool: LedgerPool) {}

  /** Never rejects: a ledger that cannot be reached is reported where events are written. */
  async onApplicationBootstrap(): Promise<void> {
    const rights = await readLoginRights(this.pool).catch(() => undefined);
    const fault = rights && faultOfLogin(rights);
    if (fault) this.logger.warn(`${fault.says} ${fault.whatToDo}`);
  }
}

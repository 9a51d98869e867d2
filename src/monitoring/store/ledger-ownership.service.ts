import { Inject, Injectable, Logger, type OnModuleInit } from '@nestjs/common';
import { withTimeout } from '../../audit/nest-free.js';
import { TIMING } from './timing.js';
import { LedgerPool } from './sessions/ledger-pools.service.js';
import { faultOfLogin, readLoginRights } from './sessions/login-rights.js';

/** Warns at boot if the login that adds events has excess rights: it is a superuser, owns the ledger, or may seal. */
@Injectable()
export class LedgerOwnership implements OnModuleInit {
  private readonly logger = new Logger('AuditLedger');

  constructor(@Inject(LedgerPool) private readonly pool: LedgerPool) {}

  /** Never rejects: the writers report an unreachable ledger. */
  async onModuleInit(): Promise<void> {
    const warning = readLoginRights(this.pool).then(
      (rights) => {
        const fault = rights && faultOfLogin(rights);
        if (fault) this.logger.warn(`${fault.says} ${fault.whatToDo}`);
      },
      () => undefined,
    );
    await withTimeout(TIMING.bootMs, warning, () => undefined);
  }
}

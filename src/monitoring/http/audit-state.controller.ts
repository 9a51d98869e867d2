import { Get, Inject } from '@nestjs/common';
import type { LedgerAccess } from '../read/access/ledger-access.js';
import { LedgerHealth } from '../operate/health/ledger-health.service.js';
import { Access } from './ledger-access.guard.js';
import { StateReport } from '../store/state.dto.js';
import { LedgerController, Route } from './openapi/ledger-controller.decorator.js';

@LedgerController('audit/state')
export class AuditStateController {
  constructor(@Inject(LedgerHealth) private readonly state: LedgerHealth) {}

  /**
   * Returns the state of every part of the ledger, with instructions for problems. A reader with limited access sees only the parts
   * `integrity`, `checkpoint`, `sealing` and `replica`.
   */
  @Get()
  @Route('Show the state of the ledger, with instructions for problems', StateReport)
  async report(@Access() access: LedgerAccess): Promise<StateReport> {
    return this.state.report(access);
  }
}

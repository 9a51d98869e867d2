import { Get, Inject } from '@nestjs/common';
import type { LedgerAccess } from '../access/ledger-access.js';
import { LedgerReport } from '../health/ledger-report.service.js';
import { Access } from './ledger-access.guard.js';
import { StateReport } from '../store/state.dto.js';
import { LedgerController, Route } from './openapi/ledger-controller.decorator.js';

/** The ledger's state, and what to do about problems. */
@LedgerController('audit/state')
export class AuditStateController {
  constructor(@Inject(LedgerReport) private readonly state: LedgerReport) {}

  /**
   * The state of every part, with what to do. Readers who may see a part of the ledger also get whether it is sealed and sound. It shows no
   * event.
   */
  @Get()
  @Route('Show how the ledger is, and what to do', StateReport)
  async report(@Access() access: LedgerAccess): Promise<StateReport> {
    return this.state.report(access);
  }
}

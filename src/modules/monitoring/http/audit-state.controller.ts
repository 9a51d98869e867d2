import { Controller, Get, Inject, UseFilters, UseGuards } from '@nestjs/common';
import { ApiOkResponse, ApiOperation } from '@nestjs/swagger';
import { DescribesLedger } from '../access/describes-refusals.decorator.js';
import { STATE } from './examples/ledger-examples.js';
import type { LedgerAccess } from '../access/ledger-access.js';
import { LedgerReport, type StateReport } from '../metrics/ledger-report.service.js';
import { Access, LedgerAccessGuard } from './ledger-access.guard.js';
import { LedgerUnavailableFilter } from './ledger-unavailable.filter.js';
import { StateReportView } from './state.dto.js';

/** How the ledger is, and what to do about it. */
@DescribesLedger()
@Controller('audit/state')
@UseGuards(LedgerAccessGuard)
@UseFilters(LedgerUnavailableFilter)
export class AuditStateController {
  constructor(@Inject(LedgerReport) private readonly state: LedgerReport) {}

  /** Every part with what to do; for those who may see a part of the ledger, whether it is sealed and sound. It shows no event. */
  @Get()
  @ApiOperation({ summary: 'Show how the ledger is, and what to do' })
  @ApiOkResponse({ type: StateReportView, example: STATE })
  async report(@Access() access: LedgerAccess): Promise<StateReport> {
    return this.state.report(access);
  }
}

import { Get, Inject, Query } from '@nestjs/common';
import type { LedgerAccess } from '../../monitoring/access/ledger-access.js';
import { LEDGER_READS } from '../../monitoring/access/ledger-reads.js';
import { ShowsAsOf } from '../../monitoring/http/as-of.interceptor.js';
import { Access } from '../../monitoring/http/ledger-access.guard.js';
import { QueryPipe, type Unseen } from '../../monitoring/http/query.pipe.js';
import { AuditedRead, noteRead } from '../../monitoring/http/record-read.js';
import { givenIn } from '../../monitoring/http/show-page.js';
import { timeOf } from '../../monitoring/query/query-times.js';
import { Absences, AbsencesQuery } from '../absences.dto.js';
import { AbsenceReader } from '../absences.service.js';
import { LedgerController } from '../../monitoring/http/openapi/ledger-controller.decorator.js';
import { Route } from '../../monitoring/http/openapi/route.decorator.js';

/** Serves absences among the places of the ledger, with their reasons. */
@LedgerController('audit')
@ShowsAsOf()
@AuditedRead(LEDGER_READS.viewed)
export class AuditAbsencesController {
  constructor(@Inject(AbsenceReader) private readonly absences: AbsenceReader) {}

  /** Places whose events are retired, erased, held or missing, each range with its act. */
  @Get('absences')
  @Route('Explain places whose events are retired, erased, held or missing', Absences)
  async absent(
    @Access() access: LedgerAccess,
    @Query(new QueryPipe(AbsencesQuery)) query: Unseen<AbsencesQuery>,
  ): Promise<Absences> {
    const { first, last, from, to } = query;
    const range = {
      from: from === undefined ? undefined : timeOf(from),
      to: to === undefined ? undefined : timeOf(to),
    };
    const found = await this.absences.find(access, { first, last, ...range });
    noteRead({ access, filters: givenIn(query), shown: 0, more: { absences: found.absences.length } });
    return found;
  }
}

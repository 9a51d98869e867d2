import { Get, Inject, Query } from '@nestjs/common';
import type { z } from 'zod';
import type { LedgerAccess } from '../../monitoring/access/ledger-access.js';
import { LEDGER_READS } from '../../monitoring/access/ledger-reads.js';
import { FieldValuesReader } from '../field-values.service.js';
import { FilterList } from '../../monitoring/query/filter-list.dto.js';
import { FieldValues, ValuesQuery } from '../values.dto.js';
import { Access } from '../../monitoring/http/ledger-access.guard.js';
import { ShowsAsOf } from '../../monitoring/http/as-of.interceptor.js';
import { QueryPipe, type Unseen } from '../../monitoring/http/query.pipe.js';
import { AuditedRead, noteRead } from '../../monitoring/http/record-read.js';
import { givenIn } from '../../monitoring/http/show-page.js';
import { LedgerController } from '../../monitoring/http/openapi/ledger-controller.decorator.js';
import { Route } from '../../monitoring/http/openapi/route.decorator.js';

/** Serves completions of queries: names of filters, and values of fields. */
@LedgerController('audit')
@ShowsAsOf()
export class AuditValuesController {
  constructor(@Inject(FieldValuesReader) private readonly fields: FieldValuesReader) {}

  /** Every filter of events, and how it compares. */
  @Get('filters')
  @Route('List the filters of events', FilterList)
  filters(): z.infer<typeof FilterList> {
    return { filters: this.fields.filters() };
  }

  /** Values of a field with a given beginning, from the newest events that match the filters. */
  @Get('values')
  @Route('Complete a value of a filter', FieldValues)
  @AuditedRead(LEDGER_READS.viewed)
  async values(
    @Access() access: LedgerAccess,
    @Query(new QueryPipe(ValuesQuery)) query: Unseen<ValuesQuery>,
  ): Promise<FieldValues> {
    const found = await this.fields.values(access, query);
    noteRead({ access, filters: givenIn(query), shown: 0, more: { values: found.values.length } });
    return found;
  }
}

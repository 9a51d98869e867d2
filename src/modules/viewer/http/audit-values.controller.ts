import { Controller, Get, Inject, Query, UseFilters, UseGuards } from '@nestjs/common';
import { ApiOkResponse, ApiOperation } from '@nestjs/swagger';
import { DescribesLedger } from '../../monitoring/access/describes-refusals.decorator.js';
import { FILTERS, VALUES } from './viewer-examples.js';
import type { LedgerAccess } from '../../monitoring/access/ledger-access.js';
import { LEDGER_READS } from '../../monitoring/access/ledger-reads.js';
import { FieldValuesReader, type FieldValues } from '../field-values.service.js';
import type { ListedFilter } from '../../monitoring/query/filter-list.js';
import { ValuesQuery } from './values-query.dto.js';
import { DescribesFilters } from '../../monitoring/http/describes-page.decorator.js';
import { InvalidQueryFilter } from '../../monitoring/http/invalid-query.filter.js';
import { Access, LedgerAccessGuard } from '../../monitoring/http/ledger-access.guard.js';
import { ShowsAsOf } from '../../monitoring/http/as-of.interceptor.js';
import { LedgerUnavailableFilter } from '../../monitoring/http/ledger-unavailable.filter.js';
import { FieldValuesView, FilterListView } from '../../monitoring/http/overview.dto.js';
import { QueryPipe, type Unseen } from '../../monitoring/http/query.pipe.js';
import { AuditedRead, noteRead } from '../../monitoring/http/record-read.js';
import { givenIn } from '../../monitoring/http/show-page.js';

/** What completes a query: names of filters, and values of fields. */
@DescribesLedger()
@Controller('audit')
@UseGuards(LedgerAccessGuard)
@ShowsAsOf()
@UseFilters(LedgerUnavailableFilter, InvalidQueryFilter)
export class AuditValuesController {
  constructor(@Inject(FieldValuesReader) private readonly fields: FieldValuesReader) {}

  /** Every filter of events, and how it compares. */
  @Get('filters')
  @ApiOperation({ summary: 'List the filters of events' })
  @ApiOkResponse({ type: FilterListView, example: FILTERS })
  filters(): { readonly filters: readonly ListedFilter[] } {
    return { filters: this.fields.filters() };
  }

  /** Values of a field that begin so, of the newest events that the filters hold for. */
  @Get('values')
  @ApiOperation({ summary: 'Complete a value of a filter' })
  @AuditedRead(LEDGER_READS.viewed)
  @DescribesFilters(ValuesQuery)
  @ApiOkResponse({ type: FieldValuesView, example: VALUES })
  async values(
    @Access() access: LedgerAccess,
    @Query(new QueryPipe(ValuesQuery)) query: Unseen<ValuesQuery>,
  ): Promise<FieldValues> {
    const found = await this.fields.values(access, query);
    noteRead({ access, filters: givenIn(query), shown: 0, more: { values: found.values.length } });
    return found;
  }
}

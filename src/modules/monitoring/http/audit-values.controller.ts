import { Controller, Get, Inject, Query, UseFilters, UseGuards } from '@nestjs/common';
import { ApiOkResponse, ApiOperation } from '@nestjs/swagger';
import { DescribesLedger } from '../access/describes-refusals.decorator.js';
import { FILTERS, VALUES } from './examples/ledger-examples.js';
import type { LedgerAccess } from '../access/ledger-access.js';
import { LEDGER_READS } from '../access/ledger-reads.js';
import { FieldValuesReader, type FieldValues } from '../query/field-values.service.js';
import type { ListedFilter } from '../query/filter-list.js';
import { ValuesQuery } from '../query/values-query.dto.js';
import { DescribesFilters } from './describes-page.decorator.js';
import { InvalidQueryFilter } from './invalid-query.filter.js';
import { Access, LedgerAccessGuard } from './ledger-access.guard.js';
import { ShowsAsOf } from './as-of.interceptor.js';
import { LedgerUnavailableFilter } from './ledger-unavailable.filter.js';
import { FieldValuesView, FilterListView } from './overview.dto.js';
import { QueryPipe, type Unseen } from './query.pipe.js';
import { AuditedRead, noteRead } from './record-read.js';
import { givenIn } from './show-page.js';

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

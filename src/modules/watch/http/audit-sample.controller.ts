import { Controller, Get, Inject, Query, UseFilters, UseGuards } from '@nestjs/common';
import { ApiOkResponse, ApiOperation } from '@nestjs/swagger';
import { DescribesLedger } from '../../monitoring/access/describes-refusals.decorator.js';
import { SAMPLE } from './review-examples.js';
import type { LedgerAccess } from '../../monitoring/access/ledger-access.js';
import { LEDGER_READS } from '../../monitoring/access/ledger-reads.js';
import { EventSamples, type EventSample } from '../sample/event-samples.service.js';
import { SampleQuery } from '../sample/sample-query.dto.js';
import { DescribesFilters } from '../../monitoring/http/describes-page.decorator.js';
import { InvalidQueryFilter } from '../../monitoring/http/invalid-query.filter.js';
import { Access, LedgerAccessGuard } from '../../monitoring/http/ledger-access.guard.js';
import { ShowsAsOf } from '../../monitoring/http/as-of.interceptor.js';
import { LedgerUnavailableFilter } from '../../monitoring/http/ledger-unavailable.filter.js';
import { QueryPipe, type Unseen } from '../../monitoring/http/query.pipe.js';
import { AuditedRead, noteRead } from '../../monitoring/http/record-read.js';
import { givenIn } from '../../monitoring/http/show-page.js';
import { EventSampleView } from './sample.dto.js';

/** Random samples for auditors. */
@DescribesLedger()
@Controller('audit/sample')
@UseGuards(LedgerAccessGuard)
@ShowsAsOf()
@UseFilters(LedgerUnavailableFilter, InvalidQueryFilter)
@AuditedRead(LEDGER_READS.viewed)
export class AuditSampleController {
  constructor(@Inject(EventSamples) private readonly samples: EventSamples) {}

  /** A random sample. The same seed, range, filters, checkpointSize and access draw the same one again. */
  @Get()
  @ApiOperation({ summary: 'Draw a random sample that another person can draw again' })
  @DescribesFilters(SampleQuery)
  @ApiOkResponse({ type: EventSampleView, example: SAMPLE })
  async draw(
    @Access() access: LedgerAccess,
    @Query(new QueryPipe(SampleQuery)) query: Unseen<SampleQuery>,
  ): Promise<EventSample> {
    const sample = await this.samples.draw(access, query);
    const { seed, checkpointSize, population, items } = sample;
    noteRead({ access, filters: givenIn(query), shown: items.length, more: { seed, checkpointSize, population } });
    return sample;
  }
}

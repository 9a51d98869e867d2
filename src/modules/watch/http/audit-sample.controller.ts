import { Get, Inject, Query } from '@nestjs/common';
import type { LedgerAccess } from '../../monitoring/access/ledger-access.js';
import { EventSample, SampleQuery } from '../sample/sample.dto.js';
import { EventSamples } from '../sample/event-samples.service.js';
import { Access } from '../../monitoring/http/ledger-access.guard.js';
import { ShowsAsOf } from '../../monitoring/http/as-of.interceptor.js';
import { QueryPipe, type Unseen } from '../../monitoring/http/query.pipe.js';
import { AuditedRead, noteRead } from '../../monitoring/http/record-read.js';
import { givenIn } from '../../monitoring/http/show-page.js';
import { LedgerController, Route } from '../../monitoring/http/openapi/ledger-controller.decorator.js';

/** Draws random samples for auditors. */
@LedgerController('audit/sample')
@ShowsAsOf()
@AuditedRead('viewed')
export class AuditSampleController {
  constructor(@Inject(EventSamples) private readonly samples: EventSamples) {}

  /** Draws a random sample. The same seed, range, filters, checkpointSize and access give the same sample again. */
  @Get()
  @Route('Draw a random sample that another person can draw again', EventSample)
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

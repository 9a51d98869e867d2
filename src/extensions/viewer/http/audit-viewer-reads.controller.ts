import { BadRequestException, Get, Inject, Param, Query } from '@nestjs/common';
import { AuditContext } from '../../../audit/index.js';
import type { LedgerAccess } from '../../../monitoring/read/access/ledger-access.js';
import { SendAsOfHeader } from '../../../monitoring/http/as-of.interceptor.js';
import { Access } from '../../../monitoring/http/ledger-access.guard.js';
import { LedgerController, Route } from '../../../monitoring/http/openapi/ledger-controller.decorator.js';
import { QueryPipe, type ParsedByPipe } from '../../../monitoring/http/request.pipe.js';
import { AuditedRead, noteRead } from '../../../monitoring/http/record-read.js';
import { toRequestParameters } from '../../../monitoring/http/show-page.js';
import { isText } from '../../../monitoring/read/query/query-parameters.js';
import { Gaps, GapsQuery, ActorProfile, ProfileQuery, FieldValues, ValuesQuery } from '../viewer-reads.dto.js';
import { GapReader } from '../gaps.service.js';
import { ActorProfiles } from '../actor-profiles.service.js';
import { AuditOverview } from '../overview/audit-overview.service.js';
import { EventOverview, OverviewQuery } from '../overview/overview.dto.js';
import { FieldValuesReader } from '../field-values.service.js';

@LedgerController('audit')
@SendAsOfHeader()
export class AuditViewerReadsController {
  constructor(
    @Inject(GapReader) private readonly gaps: GapReader,
    @Inject(ActorProfiles) private readonly profiles: ActorProfiles,
    @Inject(FieldValuesReader) private readonly fields: FieldValuesReader,
    @Inject(AuditOverview) private readonly overviews: AuditOverview,
  ) {}

  /** Counts events over time by outcome, and by several fields. If exact counts take too long, the counts are estimated from a sample. */
  @Get('stats/overview')
  @Route('Count events over time and by several fields', EventOverview)
  @AuditedRead('viewed')
  async overview(
    @Access() access: LedgerAccess,
    @Query(new QueryPipe(OverviewQuery)) query: ParsedByPipe<OverviewQuery>,
  ): Promise<EventOverview> {
    const overview = await this.overviews.overview(access, query);
    noteRead({ access, filters: toRequestParameters(query), shown: 0, more: { counted: overview.total } });
    const reader = AuditContext.current()?.actor?.id;
    return reader === undefined ? overview : { ...overview, reader: String(reader) };
  }

  @Get('gaps')
  @Route('Explain why events are retired, erased, held or missing', Gaps)
  @AuditedRead('viewed')
  async absent(
    @Access() access: LedgerAccess,
    @Query(new QueryPipe(GapsQuery)) query: ParsedByPipe<GapsQuery>,
  ): Promise<Gaps> {
    const found = await this.gaps.find(access, query);
    noteRead({ access, filters: toRequestParameters(query), shown: 0, more: { gaps: found.gaps.length } });
    return found;
  }

  @Get('actors/:id/profile')
  @Route('Show the profile of an actor', ActorProfile, {
    400: 'The query or the id is invalid; the message lists each problem.',
  })
  @AuditedRead('viewed')
  async profile(
    @Access() access: LedgerAccess,
    @Param('id') id: string,
    @Query(new QueryPipe(ProfileQuery)) query: ParsedByPipe<ProfileQuery>,
  ): Promise<ActorProfile> {
    if (!isText(id)) throw new BadRequestException(['id in the path must be a text of 1 to 512 characters']);
    const profile = await this.profiles.find(access, id, query);
    noteRead({
      access,
      filters: { ...toRequestParameters(query), actorId: id },
      ids: profile.rights.map((event) => event.id),
      more: { counted: profile.total },
    });
    return profile;
  }

  @Get('values')
  @Route('Complete a value of a filter', FieldValues)
  @AuditedRead('viewed')
  async values(
    @Access() access: LedgerAccess,
    @Query(new QueryPipe(ValuesQuery)) query: ParsedByPipe<ValuesQuery>,
  ): Promise<FieldValues> {
    const found = await this.fields.values(access, query);
    noteRead({ access, filters: toRequestParameters(query), shown: 0, more: { values: found.values.length } });
    return found;
  }
}

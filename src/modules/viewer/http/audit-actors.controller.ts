import { BadRequestException, Controller, Get, Inject, Param, Query, UseFilters, UseGuards } from '@nestjs/common';
import { ApiOkResponse, ApiOperation } from '@nestjs/swagger';
import { DescribesLedger, DescribesRefusals } from '../../monitoring/access/describes-refusals.decorator.js';
import { PROFILE } from './viewer-examples.js';
import type { LedgerAccess } from '../../monitoring/access/ledger-access.js';
import { LEDGER_READS } from '../../monitoring/access/ledger-reads.js';
import { AuditPrivacy } from '../../monitoring/lifecycle/erasure/audit-privacy.service.js';
import type { Erasure } from '../../monitoring/lifecycle/erasure/erasure.js';
import type { LegalHold } from '../../monitoring/lifecycle/holds/holds.js';
import { LegalHolds } from '../../monitoring/lifecycle/holds/legal-holds.service.js';
import { ActorProfiles, type ActorProfile } from '../actors/actor-profiles.service.js';
import { isText } from '../../monitoring/query/query-values.js';
import { ActorProfileView, ProfileQuery } from './actor.dto.js';
import { InvalidQueryFilter } from '../../monitoring/http/invalid-query.filter.js';
import { Access, LedgerAccessGuard } from '../../monitoring/http/ledger-access.guard.js';
import { ShowsAsOf } from '../../monitoring/http/as-of.interceptor.js';
import { LedgerUnavailableFilter } from '../../monitoring/http/ledger-unavailable.filter.js';
import { QueryPipe, type Unseen } from '../../monitoring/http/query.pipe.js';
import { AuditedRead, noteRead } from '../../monitoring/http/record-read.js';
import { givenIn } from '../../monitoring/http/show-page.js';
import { DescribesQuery } from '../../monitoring/http/describes-query.decorator.js';

type ShownErasure = Pick<Erasure, 'id' | 'state' | 'requestedAt' | 'finishedAt' | 'eventId'>;

/** A profile, with what touches the actor's events. */
interface ShownProfile extends ActorProfile {
  readonly holds: readonly LegalHold[];
  readonly erasures: readonly ShownErasure[];
}

/** Those who acted. */
@DescribesLedger()
@Controller('audit/actors')
@UseGuards(LedgerAccessGuard)
@ShowsAsOf()
@UseFilters(LedgerUnavailableFilter, InvalidQueryFilter)
@AuditedRead(LEDGER_READS.viewed)
export class AuditActorsController {
  constructor(
    @Inject(ActorProfiles) private readonly profiles: ActorProfiles,
    @Inject(LegalHolds) private readonly holds: LegalHolds,
    @Inject(AuditPrivacy) private readonly privacy: AuditPrivacy,
  ) {}

  /** Name, sessions, addresses and clients of an actor, and what changed what the actor may do. */
  @Get(':id/profile')
  @ApiOperation({ summary: 'Show what is known of an actor' })
  @DescribesQuery(ProfileQuery)
  @ApiOkResponse({ type: ActorProfileView, example: PROFILE })
  @DescribesRefusals({ 400: 'Each problem of the query.' })
  async profile(
    @Access() access: LedgerAccess,
    @Param('id') id: string,
    @Query(new QueryPipe(ProfileQuery)) query: Unseen<ProfileQuery>,
  ): Promise<ShownProfile> {
    if (!isText(id)) throw new BadRequestException(['id in the path must be a text of 1 to 512 characters']);
    const profile = await this.profiles.find(access, id, query);
    noteRead({
      access,
      filters: { ...givenIn(query), actorId: id },
      shown: profile.rights.length,
      more: { counted: profile.total },
    });
    if (access.scope !== 'all') return { ...profile, holds: [], erasures: [] };
    const holds = (await this.holds.list()).filter(
      ({ actorId, resourceType, resourceId }) => actorId === id || (resourceType === 'user' && resourceId === id),
    );
    return { ...profile, holds, erasures: (await this.privacy.erasuresOf(id)).map(shown) };
  }
}

function shown({ id, state, requestedAt, finishedAt, eventId }: Erasure): ShownErasure {
  return {
    id,
    state,
    requestedAt,
    ...(finishedAt === undefined ? {} : { finishedAt }),
    ...(eventId === undefined ? {} : { eventId }),
  };
}

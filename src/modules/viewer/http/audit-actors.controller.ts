import { BadRequestException, Get, Inject, Param, Query } from '@nestjs/common';
import type { LedgerAccess } from '../../monitoring/access/ledger-access.js';
import { LEDGER_READS } from '../../monitoring/access/ledger-reads.js';
import { AuditPrivacy } from '../../monitoring/lifecycle/erasure/audit-privacy.service.js';
import type { Erasure } from '../../monitoring/lifecycle/erasure/erasure.js';
import { LegalHolds } from '../../monitoring/lifecycle/holds/legal-holds.service.js';
import { ProfileQuery, ShownProfile, type ShownErasure } from '../actors/actor.dto.js';
import { ActorProfiles } from '../actors/actor-profiles.service.js';
import { isText } from '../../monitoring/query/query-values.js';
import { Access } from '../../monitoring/http/ledger-access.guard.js';
import { ShowsAsOf } from '../../monitoring/http/as-of.interceptor.js';
import { QueryPipe, type Unseen } from '../../monitoring/http/query.pipe.js';
import { AuditedRead, noteRead } from '../../monitoring/http/record-read.js';
import { givenIn } from '../../monitoring/http/show-page.js';
import { LedgerController } from '../../monitoring/http/openapi/ledger-controller.decorator.js';
import { Route } from '../../monitoring/http/openapi/route.decorator.js';

/** Serves the profiles of actors. */
@LedgerController('audit/actors')
@ShowsAsOf()
@AuditedRead(LEDGER_READS.viewed)
export class AuditActorsController {
  constructor(
    @Inject(ActorProfiles) private readonly profiles: ActorProfiles,
    @Inject(LegalHolds) private readonly holds: LegalHolds,
    @Inject(AuditPrivacy) private readonly privacy: AuditPrivacy,
  ) {}

  /** The name, sessions, addresses and clients of an actor, and the changes of the actor's rights. */
  @Get(':id/profile')
  @Route('Show what is known of an actor', ShownProfile, { 400: 'Each problem of the query, or of the id.' })
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

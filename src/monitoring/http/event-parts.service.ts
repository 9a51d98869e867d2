import { HttpException, Inject, Injectable } from '@nestjs/common';
import { AuditError } from '../../audit/nest-free.js';
import type { LedgerAccess } from '../read/access/ledger-access.js';
import { AuditQuery, relationsOf } from '../read/query/audit-query.service.js';
import { EventProofs } from '../read/query/event-proofs.service.js';
import type { IncludedParts, LedgerEvent } from '../read/query/ledger-event.dto.js';
import { SealedEvents } from '../read/query/places/sealed-events.service.js';
import { LedgerRooms } from '../store/ledger-rooms.service.js';
import type { OneEventQuery } from './event-queries.dto.js';
import type { Unseen } from './request.pipe.js';
import { eventsOf } from './show-page.js';

const MOST_RELATED = 50;

/** Reads what `GET /audit/events/:id` includes beside the event. */
@Injectable()
export class EventParts {
  constructor(
    @Inject(AuditQuery) private readonly ledger: AuditQuery,
    @Inject(SealedEvents) private readonly sealed: SealedEvents,
    @Inject(EventProofs) private readonly proofs: EventProofs,
    @Inject(LedgerRooms) private readonly rooms: Pick<LedgerRooms, 'all'>,
  ) {}

  /** Reads the requested parts, and the ids of all shown events. A part that cannot be read is absent, so that the event is still shown. */
  async read(
    access: LedgerAccess,
    event: LedgerEvent,
    { include, neighbours: each }: Unseen<OneEventQuery>,
    saltAccess: LedgerAccess | undefined,
  ): Promise<{ readonly included: IncludedParts; readonly ids: readonly string[] }> {
    const { id } = event;
    const wanted: ReadonlySet<string | undefined> = new Set([include].flat());
    const relations = wanted.has('related') ? relationsOf(event) : undefined;
    const by = relations?.slice(0, 1) ?? [];
    const page = { limit: MOST_RELATED, names: true };
    const related = by.length > 0 ? await orAbsent(this.ledger.related(access, id, page, by)) : undefined;
    const neighbours = each === undefined ? undefined : await this.sealed.neighbours(access, id, each);
    const proof = wanted.has('proof') ? await orAbsent(this.proofs.find(access, id, saltAccess)) : undefined;
    const ofRooms: Record<string, readonly object[]> = {};
    for (const [name, read] of this.rooms.all.flatMap(({ eventParts = {} }) => Object.entries(eventParts))) {
      const part = wanted.has(name) ? await orAbsent(read(access, event)) : undefined;
      if (part) ofRooms[name] = part;
    }
    const beside = neighbours ? [...neighbours.before, ...neighbours.after] : [];
    const shown = [event, ...eventsOf({ ...related }), ...beside, ...Object.values(ofRooms).flat()];
    const parts = { relations, related, neighbours, proof, ...ofRooms };
    return {
      included: Object.fromEntries(Object.entries(parts).filter(([, part]) => part !== undefined)),
      ids: [...new Set(shown.flatMap((each) => ('id' in each && typeof each.id === 'string' ? each.id : [])))],
    };
  }
}

/** Resolves with `undefined` if this library, or the application's `authorize`, refuses the work. */
export async function orAbsent<Result>(work: Promise<Result>): Promise<Result | undefined> {
  try {
    return await work;
  } catch (error) {
    if (error instanceof AuditError || error instanceof HttpException) return undefined;
    throw error;
  }
}

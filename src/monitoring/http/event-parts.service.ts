import { HttpException, Inject, Injectable } from '@nestjs/common';
import { AuditError } from '../../audit/nest-free.js';
import type { LedgerAccess } from '../read/access/ledger-access.js';
import { AuditQuery, listRelations } from '../read/query/audit-query.service.js';
import { EventProofs } from '../read/query/event-proofs.service.js';
import type { IncludedParts, LedgerEvent } from '../read/query/ledger-event.dto.js';
import { SealedEvents } from '../read/query/position/sealed-events.service.js';
import { LedgerExtensions } from '../store/ledger-extensions.service.js';
import type { OneEventQuery } from './event-queries.dto.js';
import type { ParsedByPipe } from './request.pipe.js';
import { getPageEvents } from './show-page.js';

const MAX_RELATED = 50;

/** Reads what `GET /audit/events/:id` includes beside the event. */
@Injectable()
export class EventParts {
  constructor(
    @Inject(AuditQuery) private readonly ledger: AuditQuery,
    @Inject(SealedEvents) private readonly sealed: SealedEvents,
    @Inject(EventProofs) private readonly proofs: EventProofs,
    @Inject(LedgerExtensions) private readonly extensions: Pick<LedgerExtensions, 'all'>,
  ) {}

  /** Reads the requested parts, and the ids of all shown events. A part that cannot be read is absent, so that the event is still shown. */
  async read(
    access: LedgerAccess,
    event: LedgerEvent,
    { include, neighbours: each }: ParsedByPipe<OneEventQuery>,
    saltAccess: LedgerAccess | undefined,
  ): Promise<{ readonly included: IncludedParts; readonly ids: readonly string[] }> {
    const { id } = event;
    const requested: ReadonlySet<string | undefined> = new Set([include].flat());
    const relations = requested.has('related') ? listRelations(event) : undefined;
    const by = relations?.slice(0, 1) ?? [];
    const page = { limit: MAX_RELATED, names: true };
    const related = by.length > 0 ? await undefinedIfAbsent(this.ledger.related(access, id, page, by)) : undefined;
    const neighbours = each === undefined ? undefined : await this.sealed.neighbours(access, id, each);
    const proof = requested.has('proof')
      ? await undefinedIfAbsent(this.proofs.find(access, id, saltAccess))
      : undefined;
    const extensionParts: Record<string, readonly object[]> = {};
    for (const [name, read] of this.extensions.all.flatMap(({ eventParts = {} }) => Object.entries(eventParts))) {
      const part = requested.has(name) ? await undefinedIfAbsent(read(access, event)) : undefined;
      if (part) extensionParts[name] = part;
    }
    const beside = neighbours ? [...neighbours.before, ...neighbours.after] : [];
    const shown = [event, ...getPageEvents({ ...related }), ...beside, ...Object.values(extensionParts).flat()];
    const parts = { relations, related, neighbours, proof, ...extensionParts };
    return {
      included: Object.fromEntries(Object.entries(parts).filter(([, part]) => part !== undefined)),
      ids: [...new Set(shown.flatMap((each) => ('id' in each && typeof each.id === 'string' ? each.id : [])))],
    };
  }
}

/** Resolves with `undefined` if this library, or the application's `authorize`, refuses the work. */
export async function undefinedIfAbsent<Result>(work: Promise<Result>): Promise<Result | undefined> {
  try {
    return await work;
  } catch (error) {
    if (error instanceof AuditError || error instanceof HttpException) return undefined;
    throw error;
  }
}

import { Catalogue } from '../audit/plain.js';
import { describeRead } from '../modules/monitoring/access/describe-read.js';
import type { LedgerAccess } from '../modules/monitoring/access/ledger-access.js';
import { LEDGER_READS } from '../modules/monitoring/access/ledger-reads.js';
import { ARCHIVE_QUERY } from '../modules/monitoring/query/archived/archive-query-options.js';
import { ArchivedEvents } from '../modules/monitoring/query/archived/archived-events.service.js';
import { AuditQuery } from '../modules/monitoring/query/audit-query.service.js';
import { EventFilters } from '../modules/monitoring/query/event-filters.dto.js';
import { EventQuery } from '../modules/monitoring/query/event-query.dto.js';
import type { LedgerEvent } from '../modules/monitoring/query/ledger-event.js';
import { LiveTail, type TailRequest } from '../modules/monitoring/query/places/live-tail.service.js';
import { readQuery } from '../modules/monitoring/query/read-query.js';
import { SealedEvents } from '../modules/monitoring/query/places/sealed-events.service.js';
import { ShownByTail } from '../modules/monitoring/query/places/shown-by-tail.js';
import { LedgerReader } from '../modules/monitoring/store/ledger-reader.service.js';
import { storeOwnEvent } from '../modules/monitoring/store/store-own-event.js';
import { readableArchives } from './archives-of.js';
import type { CommandEnvironment } from './key-of-environment.js';
import { parametersOf } from './parameters-of.js';

/** The events that a tail shows, and where it reads them. */
export interface CommandTail {
  readonly connectionUrl: string;
  /** The address of the server to read: the primary, or a replica. */
  readonly readUrl: string;
  readonly access: LedgerAccess;
  /** The person who reads, for the read's event. */
  readonly actorId: string;
  /** Filters of the route, as `NAME=VALUE`. */
  readonly parameters: readonly string[];
  /** How many events to begin with. */
  readonly lines: number;
  /** Whether to wait for further events, until the process is told to end. */
  readonly follow: boolean;
  readonly environment: CommandEnvironment;
  readonly print: (event: LedgerEvent) => void;
}

/**
 * Prints the newest events, and later ones as they come. When it resolves, the read is recorded. @throws InvalidQueryError
 * (`AUDIT_QUERY_INVALID`)
 */
export async function tailLedger(tail: CommandTail): Promise<void> {
  const { connectionUrl, readUrl, access, environment, lines: limit } = tail;
  const given = parametersOf(tail.parameters);
  const filters = readQuery(EventFilters, given);
  const actor = { type: 'admin', id: tail.actorId } as const;
  const unrecorded: Promise<unknown>[] = [];
  const shown = new ShownByTail((count) => {
    const read = { ...describeRead({ access, filters: given, shown: count }), actor };
    unrecorded.push(storeOwnEvent(connectionUrl, LEDGER_READS.viewed, read));
  });
  const print = (events: readonly LedgerEvent[]): void => {
    shown.add(events.length);
    for (const event of events) tail.print(event);
  };
  const reader = new LedgerReader({ connectionUrl, readUrl, maxReadConnections: 1 });
  try {
    const sealed = new SealedEvents(reader, new Catalogue());
    const after = await sealed.newestPlace();
    const newest = await findNewest(reader, environment, { access, filters, limit });
    print(newest);
    if (tail.follow) {
      const known = new Set(newest.map(({ id }) => id));
      await follow(sealed, { access, filters, after, signal: interrupted() }, (events) =>
        print(events.filter(({ id }) => !known.has(id))),
      );
    }
    shown.end();
    await Promise.all(unrecorded);
  } finally {
    await reader.onApplicationShutdown();
  }
}

async function findNewest(
  reader: LedgerReader,
  environment: CommandEnvironment,
  { access, filters, limit }: Pick<TailRequest, 'access' | 'filters'> & { readonly limit: number },
): Promise<readonly LedgerEvent[]> {
  if (limit === 0) return [];
  const archives = await readableArchives(environment, []);
  const archived = new ArchivedEvents(reader, archives, { archiveQuery: ARCHIVE_QUERY });
  const query = Object.assign(new EventQuery(), filters, { order: 'desc', limit });
  const { items } = await new AuditQuery(reader, new Catalogue(), archived).find(access, query);
  return items.toReversed();
}

function interrupted(): AbortSignal {
  const controller = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => controller.abort());
  return controller.signal;
}

/**
 * Prints later events until the signal ends it; a single tail ends sooner, so another follows. Events that the first list has may come
 * again.
 */
async function follow(
  sealed: SealedEvents,
  request: TailRequest,
  print: (events: readonly LedgerEvent[]) => void,
): Promise<void> {
  const tail = new LiveTail(sealed);
  let { after } = request;
  while (!request.signal.aborted) {
    for await (const page of tail.follow({ ...request, after })) {
      ({ after } = page);
      print(page.items);
    }
  }
}

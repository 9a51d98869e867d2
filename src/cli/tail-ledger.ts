import { Catalogue } from '../audit/plain.js';
import type { LedgerAccess } from '../modules/monitoring/access/ledger-access.js';
import { EventFilters } from '../modules/monitoring/query/event-filters.dto.js';
import { EventQuery } from '../modules/monitoring/query/event-query.dto.js';
import type { LedgerEvent } from '../modules/monitoring/query/ledger-event.js';
import { LiveTail, type TailRequest } from '../modules/monitoring/query/places/live-tail.service.js';
import { readQuery } from '../modules/monitoring/query/read-query.js';
import { SealedEvents } from '../modules/monitoring/query/places/sealed-events.service.js';
import { ShownByTail } from '../modules/monitoring/query/places/shown-by-tail.js';
import type { LedgerReader } from '../modules/monitoring/store/ledger-reader.service.js';
import { readableArchives } from './archives-of.js';
import type { CommandEnvironment } from './key-of-environment.js';
import { parametersOf } from './parameters-of.js';
import { eventsOf, recordRead, withReader } from './use-ledger.js';

/** The events that a tail shows, and where it reads them. */
export interface CommandTail {
  readonly connectionUrl: string;
  /** The address of the server to read: the primary, or a replica. */
  readonly readUrl: string;
  readonly access: LedgerAccess;
  readonly operator: string;
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
  const unrecorded: Promise<unknown>[] = [];
  const shown = new ShownByTail((count) => {
    unrecorded.push(recordRead(connectionUrl, tail.operator, { access, filters: given, shown: count }));
  });
  const print = (events: readonly LedgerEvent[]): void => {
    shown.add(events.length);
    for (const event of events) tail.print(event);
  };
  const read = async (reader: LedgerReader): Promise<void> => {
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
  };
  await withReader(connectionUrl, read, readUrl);
}

async function findNewest(
  reader: LedgerReader,
  environment: CommandEnvironment,
  { access, filters, limit }: Pick<TailRequest, 'access' | 'filters'> & { readonly limit: number },
): Promise<readonly LedgerEvent[]> {
  if (limit === 0) return [];
  const archives = await readableArchives(environment, []);
  const query = Object.assign(new EventQuery(), filters, { order: 'desc', limit });
  const { items } = await eventsOf(reader, archives).find(access, query);
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

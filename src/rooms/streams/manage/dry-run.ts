import { randomUUID } from 'node:crypto';
import type { Catalogue } from '../../../audit/nest-free.js';
import type { LedgerAccess } from '../../../monitoring/read/access/ledger-access.js';
import type { LedgerReader } from '../../../monitoring/store/ledger-reader.service.js';
import { destinationTypeOf } from '../destinations/destination-types.js';
import type { FormatSource } from '../formats/line-text.js';
import { SelectedEvents } from '../selected-events.js';
import { placeOf, sealedSize, type PlaceRange } from '../stream-cursor.js';
import { selectionOf, type Selection } from '../selection.js';
import type { StreamBatch, StreamedEvent } from '../stream-destination.js';
import type { ResolvedStream } from '../streams-options.js';
import type { DryRun, DryRunEvents, LeftOut } from '../stream.dto.js';
import { isUuid } from '../../../monitoring/read/query/query-parameters.js';
import { streamsErrors } from '../streams.errors.js';

/** The events of a dry run: a list of ids, a range, or by default the last events. */
export interface DryRunWanted extends Pick<DryRunEvents, 'last'>, PlaceRange {
  /** At most 100 ids, instead of a range. */
  readonly eventIds?: readonly string[] | undefined;
}

export interface DryRunLedger {
  readonly reader: Pick<LedgerReader, 'eventRows' | 'rows'>;
  readonly catalogue: Catalogue;
  readonly source: FormatSource;
}

interface FoundEvents {
  readonly places: { readonly first: number; readonly last: number } | undefined;
  /** The sequence numbers of `eventIds`; absent for a range. */
  readonly only?: readonly number[];
  readonly events: readonly StreamedEvent[];
}

const PLACES = `
  SELECT index FROM audit_leaf JOIN audit_event ON audit_event.id = event_id WHERE event_id = ANY ($1::uuid[]) ORDER BY index`;
const MOST_EVENTS = 100;
const EVENTS = 10;
const MOST_PLACES = 10_000;
const WINDOW = 1_000;
const MOST_READ = 1_000;
const MOST_SHOWN = 100;

/**
 * Makes the messages that a stream would send for some events. A dry run connects to no destination, and changes nothing.
 *
 * @param reach the reader's access; the result does not mention events outside this access
 * @throws `AUDIT_REQUEST_INVALID` for an empty range, or a range of more than 10,000 events
 */
export async function dryRun(
  ledger: DryRunLedger,
  stream: ResolvedStream,
  wanted: DryRunWanted,
  reach: LedgerAccess,
): Promise<DryRun> {
  const { reader, catalogue, source } = ledger;
  const events = new SelectedEvents(reader, catalogue, stream.pseudonymKey);
  const type = destinationTypeOf(stream.destination);
  const destination = type.open(stream.destination, source);
  try {
    const found = await find(ledger, events, stream, wanted, reach);
    const batch = batchOf(stream, found);
    const { messages, refused = null } =
      batch && found.events.length > 0 ? destination.preview(batch) : { messages: [] };
    const leftOut = found.places ? await findLeftOut(events, stream, reach, found) : [];
    return {
      destination: type.describe(stream.destination),
      places: found.places ?? null,
      events: found.events.length,
      ...{ messages, refused, leftOut },
    };
  } finally {
    await destination.close();
  }
}

async function find(
  { reader }: DryRunLedger,
  events: SelectedEvents,
  stream: ResolvedStream,
  { last = EVENTS, from, to, eventIds }: DryRunWanted,
  reach: LedgerAccess,
): Promise<FoundEvents> {
  const sealed = await sealedSize(reader);
  const problems = [
    ...(Number.isInteger(last) && last >= 1 && last <= MOST_EVENTS ? [] : [`last must be 1 to ${MOST_EVENTS}`]),
    ...((eventIds ?? []).every((id) => isUuid(id)) && (eventIds ?? []).length <= MOST_EVENTS
      ? []
      : [`eventIds must be at most ${MOST_EVENTS} UUIDs`]),
  ];
  if (problems.length > 0) throw streamsErrors.AUDIT_REQUEST_INVALID(problems);
  const selection = selectionOf(stream);
  const most = Math.min(last, stream.batch.maxEvents);
  if (eventIds) {
    const only = (await reader.eventRows(reach, PLACES, [eventIds])).map(({ index }) => Number(index));
    const read: StreamedEvent[] = [];
    for (const index of only) read.push(...(await events.read(selection, { first: index, last: index, most: 1 })));
    const [first] = only;
    return { places: first === undefined ? undefined : { first, last: only.at(-1) ?? first }, only, events: read };
  }
  const end = to === undefined ? sealed : to instanceof Date ? await placeOf(reader, to, sealed) : to + 1;
  if (from === undefined && to === undefined) return findLast(events, stream, most, sealed);
  const first = from === undefined ? Math.max(end - WINDOW, 0) : await placeOf(reader, from, sealed);
  if (first >= end || end > sealed || end - first > MOST_PLACES) {
    const what = `the range from ${first} to ${end - 1} must have 1 to ${MOST_PLACES} sealed events: the ledger has ${sealed}`;
    throw streamsErrors.AUDIT_REQUEST_INVALID([what]);
  }
  const read = await events.read(selection, { first, last: end - 1, most });
  const isCut = read.length === most;
  return { places: { first, last: isCut ? (read.at(-1)?.index ?? end - 1) : end - 1 }, events: read };
}

async function findLast(
  events: SelectedEvents,
  stream: ResolvedStream,
  most: number,
  sealed: number,
): Promise<FoundEvents> {
  if (sealed === 0) return { places: undefined, events: [] };
  const selection = selectionOf(stream);
  let found: readonly StreamedEvent[] = [];
  let first = sealed;
  while (first > 0 && found.length < most && sealed - first < MOST_PLACES) {
    const end = first;
    first = Math.max(end - WINDOW, 0);
    found = [...(await events.read(selection, { first, last: end - 1, most: WINDOW })), ...found];
  }
  const shown = found.slice(-most);
  const isCut = shown.length < found.length || shown.length === most;
  return { places: { first: isCut ? (shown[0]?.index ?? first) : first, last: sealed - 1 }, events: shown };
}

function batchOf({ name, ...stream }: ResolvedStream, { places, events }: FoundEvents): StreamBatch | undefined {
  if (!places) return undefined;
  const selection = selectionOf(stream);
  return { id: randomUUID(), stream: name, ...places, previousHash: '', selection, events, gaps: [] };
}

async function findLeftOut(
  events: SelectedEvents,
  { filter, access }: Selection,
  reach: LedgerAccess,
  { places, only, events: sent }: FoundEvents,
): Promise<readonly LeftOut[]> {
  if (!places) return [];
  const read = (of: Pick<Selection, 'filter' | 'access'>) =>
    events.read({ ...of, personal: 'omit' }, { ...places, most: MOST_READ });
  const passing = async (of: Pick<Selection, 'filter' | 'access'>): Promise<ReadonlySet<string>> =>
    new Set((await read(of)).map(({ id }) => id));
  const isSent = new Set(sent.map(({ id }) => id));
  const left = (await read({ filter: {}, access: reach })).filter(
    ({ id, index }) => !isSent.has(id) && (only?.includes(index) ?? true),
  );
  if (left.length === 0) return [];
  const conditions: (readonly [string, ReadonlySet<string>])[] = [['access', await passing({ filter: {}, access })]];
  for (const [name, value] of Object.entries(filter)) {
    conditions.push([name, await passing({ filter: { [name]: value as unknown }, access: reach })]);
  }
  return left.slice(0, MOST_SHOWN).map(({ index, id, event }) => ({
    ...{ index, id, type: event.type },
    because: conditions.filter(([, passed]) => !passed.has(id)).map(([name]) => name),
  }));
}

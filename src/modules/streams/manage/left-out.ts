import type { LedgerAccess } from '../../monitoring/access/ledger-access.js';
import type { SelectedEvents } from '../selected-events.js';
import type { Selection } from '../selection.js';
import type { StreamedEvent } from '../stream-destination.js';
import type { LeftOut } from '../stream.dto.js';

/** The events of a dry run, and the searched places. */
export interface FoundEvents {
  readonly places: { readonly first: number; readonly last: number } | undefined;
  /** The only places that were asked for; absent for all. */
  readonly only?: readonly number[];
  readonly events: readonly StreamedEvent[];
}

const MOST_READ = 1_000;
const MOST_SHOWN = 100;

/** The events that a stream leaves out at these places, among those that the reader may see. */
export async function findLeftOut(
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
    ...{ index, id, type: String(event.type) },
    because: conditions.filter(([, passed]) => !passed.has(id)).map(([name]) => name),
  }));
}

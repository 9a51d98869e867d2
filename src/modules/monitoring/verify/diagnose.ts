import { isSameHash } from '../log/merkle/hashes.js';
import { encodeHex } from '../log/notes/encoding.js';
import { TILE_WIDTH } from '../log/tiles/tile-address.js';
import type { Finding } from './finding.js';
import type { LogSource, PlaceReading } from './log-reading.js';

/** A stored event that has no leaf, and does not wait for one. */
export interface Stray {
  readonly eventId: string;
  /** The hash of the leaf that it would have, in hexadecimal; absent if it cannot be sealed. */
  readonly hash?: string;
  /** How its row differs from rows of the ledger's writer; such a row gets no place. */
  readonly wrong?: string;
  readonly isUnreadable: boolean;
}

/** A place whose hash differs from the tree's. */
export interface WrongPlace {
  readonly place: PlaceReading;
  readonly truth: Uint8Array;
}

/**
 * Names the damage at each place, and the stored events without a place. An event that belongs to another place was moved; one that belongs
 * to none was altered. A stray event whose leaf is missing lost its leaf; any other was inserted.
 */
export function diagnose(
  wrong: readonly WrongPlace[],
  strays: readonly Stray[],
  { names, witnesses }: Pick<LogSource, 'names' | 'witnesses'>,
): readonly Finding[] {
  const strayOf = new Map(strays.map((stray) => [stray.hash, stray] as const));
  const placed = new Set<Stray>();
  const placeOf = new Map(wrong.map(({ place, truth }) => [encodeHex(truth), place.index]));
  const findings: Finding[] = [];
  const brokenTiles = new Set<number>();
  for (const { place, truth } of wrong) {
    const at = { index: place.index, ...(place.eventId === undefined ? {} : { eventId: place.eventId }) };
    const says = (hash: Uint8Array | undefined): boolean => hash !== undefined && isSameHash(hash, truth);
    const event = { ...at, table: names.events };
    const leaf = { ...at, table: names.leaves };
    const home = place.row && placeOf.get(encodeHex(place.row));
    const stray = place.row ? undefined : strayOf.get(encodeHex(truth));
    if (stray) placed.add(stray);
    if (witnesses.includes('leaf') && !place.leaf) {
      const what = stray
        ? 'no row has this index, and the tree has the leaf of this event there'
        : 'no row has this index, the tree has a leaf there, and its event is gone';
      findings.push({ ...leaf, ...(stray ? { eventId: stray.eventId } : {}), kind: 'leaf_missing', what });
    } else if (stray) {
      const what = 'its event_id was changed: the tree has the leaf of this event there';
      findings.push({ ...leaf, eventId: stray.eventId, kind: 'leaf_altered', what });
    } else if (!place.row && !place.own && place.unreadable === undefined && place.isRetired !== true) {
      findings.push({ ...event, kind: 'event_missing', what: 'the tree has a leaf of this event, and it is gone' });
    } else if (home !== undefined && home !== place.index) {
      findings.push({ ...leaf, kind: 'event_moved', what: `the event at this place belongs at index ${home}` });
    } else {
      if (place.isRetired !== true && !says(place.row)) {
        findings.push({ ...event, kind: 'event_altered', what: whatOfEvent(place, says) });
      } else if (place.own && !says(place.own)) {
        const what = 'its column leaf_hash was changed, and its facts were not';
        findings.push({ ...event, kind: 'event_altered', what });
      }
      if (place.leaf && !says(place.leaf)) {
        const alone = says(place.row) ? ', and the event was not' : ' with the event';
        findings.push({ ...leaf, kind: 'leaf_altered', what: `its leaf_hash was changed${alone}` });
      }
    }
    const tile = Math.floor(place.index / TILE_WIDTH);
    if (!says(place.tile) && !brokenTiles.has(tile)) {
      brokenTiles.add(tile);
      findings.push(findingOfTile(tile, place, names.tiles));
    }
  }
  const inserted = strays.filter((stray) => !placed.has(stray));
  return [...findings, ...inserted.map((stray) => findingOfStray(stray, names.events))];
}

function findingOfStray({ eventId, wrong, isUnreadable }: Stray, table: string): Finding {
  const why = wrong === undefined ? '' : `, and ${wrong}`;
  const what = `it has no leaf, and waits for none${why}: it was put there past the ledger`;
  return { kind: isUnreadable ? 'event_unreadable' : 'event_inserted', table, eventId, what };
}

function whatOfEvent(place: PlaceReading, says: (hash: Uint8Array | undefined) => boolean): string {
  if (place.unreadable !== undefined) return `its row is not an event that was ever sealed: ${place.unreadable}`;
  if (place.column !== undefined) return `its column ${place.column} was changed`;
  if (place.leaf && !says(place.leaf)) return 'its facts and its leaf were changed together: the tree has another leaf';
  return 'its facts differ from its leaf';
}

function findingOfTile(tile: number, { index, tile: hash }: PlaceReading, table: string): Finding {
  const at = { table, index };
  return hash
    ? { ...at, kind: 'tile_altered', what: `tile ${tile} of level 0 has another hash there` }
    : { ...at, kind: 'tile_missing', what: `tile ${tile} of level 0 is missing, or ends before` };
}

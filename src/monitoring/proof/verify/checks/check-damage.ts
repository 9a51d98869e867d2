import { isSameHash } from '../../log/merkle/hashes.js';
import { encodeHex } from '../../log/notes/encoding.js';
import { TILE_WIDTH } from '../../log/tiles/tile-address.js';
import type { Finding } from '../finding.js';
import type { Check } from '../check.js';
import type { WrongLeaf } from '../log-check.js';
import type { LeafReading, LogSource } from '../sources/log-source.js';
import { checkLeaves } from './check-leaves.js';
import { checkStrays, type Stray } from './check-strays.js';

/** Names the damage to each leaf whose hash is not the one that the tree has. */
export const checkDamage: Check = async (run) => {
  const { wrong } = await run.of(checkLeaves);
  const { strays } = await run.of(checkStrays);
  return { findings: diagnose(wrong, strays, run.log.source) };
};

/**
 * Returns findings that describe the damage to each wrong leaf, and each stray event. If the hash at an index belongs to a different index,
 * the event was moved. If the hash belongs to no index, the event was altered. If the tree has a leaf of a stray event, the event lost its
 * leaf; any other stray event was inserted.
 */
export function diagnose(
  wrong: readonly WrongLeaf[],
  strays: readonly Stray[],
  { names, hashSources }: Pick<LogSource, 'names' | 'hashSources'>,
): readonly Finding[] {
  const straysByHash = new Map(strays.map((stray) => [stray.hash, stray] as const));
  const explained = new Set<Stray>();
  const indexByHash = new Map(wrong.map(({ reading, expectedHash }) => [encodeHex(expectedHash), reading.index]));
  const findings: Finding[] = [];
  const brokenTiles = new Set<number>();
  for (const { reading, expectedHash } of wrong) {
    const at = { index: reading.index, ...(reading.eventId === undefined ? {} : { eventId: reading.eventId }) };
    const matches = (hash: Uint8Array | undefined): boolean => hash !== undefined && isSameHash(hash, expectedHash);
    const event = { ...at, table: names.events };
    const leaf = { ...at, table: names.leaves };
    const home = reading.row && indexByHash.get(encodeHex(reading.row));
    const stray = reading.row ? undefined : straysByHash.get(encodeHex(expectedHash));
    if (stray) explained.add(stray);
    if (hashSources.includes('leaf') && !reading.leaf) {
      const what = stray
        ? 'no row has this index, but the tree has the leaf of this event at this index'
        : 'no row has this index, but the tree has a leaf at this index, and the event of the leaf is missing';
      findings.push({ ...leaf, ...(stray ? { eventId: stray.eventId } : {}), kind: 'leaf_missing', what });
    } else if (stray) {
      const what = 'its event_id was changed: the tree has the leaf of this event at its index';
      findings.push({ ...leaf, eventId: stray.eventId, kind: 'leaf_altered', what });
    } else if (!reading.row && !reading.own && reading.unreadable === undefined && reading.isRetired !== true) {
      findings.push({
        ...event,
        kind: 'event_missing',
        what: 'the tree has a leaf of this event, but the event is missing',
      });
    } else if (home !== undefined && home !== reading.index) {
      findings.push({ ...leaf, kind: 'event_moved', what: `the event at this index belongs at index ${home}` });
    } else {
      if (reading.isRetired !== true && !matches(reading.row)) {
        findings.push({ ...event, kind: 'event_altered', what: describeEventDamage(reading, matches) });
      } else if (reading.own && !matches(reading.own)) {
        const what = 'its column leaf_hash was changed, but its facts were not';
        findings.push({ ...event, kind: 'event_altered', what });
      }
      if (reading.leaf && !matches(reading.leaf)) {
        const alone = matches(reading.row) ? ', but the event was not' : ' together with the event';
        findings.push({ ...leaf, kind: 'leaf_altered', what: `its leaf_hash was changed${alone}` });
      }
    }
    const tile = Math.floor(reading.index / TILE_WIDTH);
    if (!matches(reading.tile) && !brokenTiles.has(tile)) {
      brokenTiles.add(tile);
      findings.push(toTileFinding(tile, reading, names.tiles));
    }
  }
  const inserted = strays.filter((stray) => !explained.has(stray));
  return [...findings, ...inserted.map((stray) => toStrayFinding(stray, names.events))];
}

function toStrayFinding({ eventId, wrong, isUnreadable }: Stray, table: string): Finding {
  const why = wrong === undefined ? '' : `, and ${wrong}`;
  const what = `it has no leaf, and does not wait for one${why}: somebody inserted it directly`;
  return { kind: isUnreadable ? 'event_unreadable' : 'event_inserted', table, eventId, what };
}

function describeEventDamage(reading: LeafReading, matches: (hash: Uint8Array | undefined) => boolean): string {
  if (reading.unreadable !== undefined) return `its row cannot be a sealed event: ${reading.unreadable}`;
  if (reading.column !== undefined) return `its column ${reading.column} was changed`;
  if (reading.leaf && !matches(reading.leaf))
    return 'its facts and its leaf were changed together: the tree has another leaf';
  return 'its facts differ from its leaf';
}

function toTileFinding(tile: number, { index, tile: hash }: LeafReading, table: string): Finding {
  const at = { table, index };
  return hash
    ? { ...at, kind: 'tile_altered', what: `tile ${tile} of level 0 has another hash than the leaf at this index` }
    : { ...at, kind: 'tile_missing', what: `tile ${tile} of level 0 is missing, or too short` };
}

import { partOf, partOff, type StatePart } from '../store/state-part.js';
import type { StreamReport } from './stream-report.js';

/** What the state says of the streams: how late they are, how many rest, and what they parked. */
export function streamsPart(reports: readonly StreamReport[], problems: readonly Error[]): StatePart {
  const active = reports.filter(({ state }) => state === 'active');
  const facts = {
    streams: reports.length,
    paused: reports.length - active.length,
    parked: reports.reduce((sum, { parked }) => sum + parked, 0),
    lagEvents: Math.max(0, ...active.map(({ lagEvents }) => lagEvents)),
    lagSeconds: Math.round(Math.max(0, ...active.map(({ lagSeconds }) => lagSeconds))),
  };
  if (reports.length === 0 && problems.length === 0) return partOff('streams', 'The ledger has no streams.', facts);
  const rest = facts.paused === 0 ? '' : `; ${facts.paused} of them rest`;
  return partOf('streams', problems, `The ledger has ${facts.streams} streams${rest}.`, facts);
}

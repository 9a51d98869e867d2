import { problemsOfStreams, type StreamReport } from '../streams/stream-report.js';
import { toldBy, type StatePart } from './state-report.js';

/** What the state says of the streams: how late they are, how many rest, and what they parked. */
export function streamsPart(reports: readonly StreamReport[]): StatePart {
  const active = reports.filter(({ state }) => state === 'active');
  const facts = {
    streams: reports.length,
    paused: reports.length - active.length,
    parked: reports.reduce((sum, { parked }) => sum + parked, 0),
    lagEvents: Math.max(0, ...active.map(({ lagEvents }) => lagEvents)),
    lagSeconds: Math.round(Math.max(0, ...active.map(({ lagSeconds }) => lagSeconds))),
  };
  if (reports.length === 0) return { name: 'streams', status: 'off', says: 'The ledger has no streams.', facts };
  const [problem] = problemsOfStreams(reports);
  if (problem) return { name: 'streams', status: 'error', ...toldBy(problem.message), facts };
  const rest = facts.paused === 0 ? '' : `; ${facts.paused} of them rest`;
  return { name: 'streams', status: 'ok', says: `The ledger has ${facts.streams} streams${rest}.`, facts };
}

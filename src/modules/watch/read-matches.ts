import type { LedgerReader } from '../monitoring/store/ledger-reader.service.js';
import type { RaisedAlert } from './correlate/correlator.js';
import type { Match } from './correlate/match.js';
import { MATCH_SETTINGS, type RuleStatement, type PlaceRange } from './rule-statement.js';

/** The maximum number of places to process at once. */
export const MOST_PLACES = 5_000;

/** Reads the matches of all rules about single events in a range of places, in their order. Rejects with the client's error. */
export async function readMatches(
  reader: LedgerReader,
  statement: RuleStatement,
  range: PlaceRange,
): Promise<readonly Match[]> {
  if (statement.isEmpty || range.last < range.first) return [];
  const { text, values } = statement.of(range);
  const rows = await reader.eventRows({ scope: 'all' }, text, values, MATCH_SETTINGS);
  return rows.map((row) => statement.matchOf(row));
}

/**
 * Adds values to an alert about a missing follower, which was remembered without them: the ledger has them, unless they were erased
 * meanwhile.
 */
export async function withValues(
  reader: LedgerReader,
  statement: RuleStatement,
  alert: RaisedAlert,
): Promise<RaisedAlert> {
  const { place, rule } = alert.match;
  const found = await readMatches(reader, statement, { first: place, last: place });
  const match = found.find((each) => each.rule === rule);
  return match ? { ...alert, match: { ...alert.match, values: match.values } } : alert;
}

import type { ArchiveLine } from '../../archive/archive-line.js';
import { isLineOf } from '../../archive/ids-of-line.js';
import type { LedgerRow } from '../../store/ledger-row.js';
import type { LedgerQueries } from '../../store/sessions/ledger-session.js';
import { isHeld, type ActiveHold } from '../holds/active-holds.js';
import { identifierTest } from './match-identifiers.js';

/** From the state `archived` on, the ledger may lack the events. */
const EXPECTED = `SELECT archive FROM audit_retirement WHERE state <> 'planned'`;

/** The names of the archives that must exist. */
export async function expectedArchives(keeper: LedgerQueries): Promise<readonly string[]> {
  return (await keeper.rows(EXPECTED)).map(({ archive }) => String(archive));
}

/** Returns the rows of a statement that sees every event. */
export type EventRows = (text: string, values: readonly unknown[]) => Promise<readonly LedgerRow[]>;

const STILL_THERE = 'SELECT id FROM audit_event WHERE id = ANY ($1::uuid[])';

/** The lines whose events the ledger no longer has. Between the writing of its archive and its removal, an event is in both. */
export async function goneOf<Line extends Pick<ArchiveLine, 'sealed'>>(
  eventRows: EventRows,
  page: readonly Line[],
): Promise<readonly Line[]> {
  const there = new Set((await eventRows(STILL_THERE, [page.map(({ sealed }) => sealed.id)])).map(({ id }) => id));
  return page.filter(({ sealed }) => !there.has(sealed.id));
}

/** The archived events that an erasure covers. */
export interface LineTarget {
  readonly subjectId: string;
  readonly identifiers: readonly string[];
  /** Only these events, if an erasure is repeated. */
  readonly listed?: ReadonlySet<string> | undefined;
}

/** The effect of an erasure on an archived event that is by or about the person, or names the person; a legal hold may keep it. */
export type LineFate = 'erased' | 'held' | 'left';

/** Returns a function that determines the effect of an erasure on an archived event. */
export function lineFate(
  { subjectId, identifiers, listed }: LineTarget,
  holds: readonly ActiveHold[],
): (line: ArchiveLine) => LineFate {
  const isNaming = identifierTest(identifiers);
  const isWanted = (line: ArchiveLine): boolean =>
    listed ? listed.has(line.sealed.id) : isLineOf(line, subjectId) || isNaming(line.personal);
  return (line) => {
    if (!isWanted(line)) return 'left';
    return isHeld(line, holds) ? 'held' : 'erased';
  };
}

import { idsOfLine, isLineOf, type ArchiveLine } from '../archive/index.js';
import type { KeeperQueries } from '../ledger/keeper-session.js';
import type { LedgerRow } from '../ledger/ledger-row.js';
import { identifierTest } from './match-identifiers.js';

/** A legal hold: it covers the events that have all of what it names. Times in milliseconds. */
export interface ActiveHold {
  readonly tenantId: string | null;
  readonly actorId: string | null;
  readonly resourceType: string | null;
  readonly resourceId: string | null;
  readonly occurredFrom: number | null;
  readonly occurredTo: number | null;
}

const HOLDS = `
  SELECT tenant_id, actor_id, resource_type, resource_id, extract(epoch FROM occurred_from) * 1000 AS occurred_from,
         extract(epoch FROM occurred_to) * 1000 AS occurred_to
    FROM audit_legal_hold WHERE released_at IS NULL AND (until IS NULL OR until > now())`;

/** From `archived` on, events may be gone. */
const EXPECTED = `SELECT archive FROM audit_retirement WHERE state <> 'planned'`;

/** The names of the archives that there must be. */
export async function expectedArchives(keeper: KeeperQueries): Promise<readonly string[]> {
  return (await keeper.rows(EXPECTED)).map(({ archive }) => String(archive));
}

/** The legal holds that hold now. Archived events are not in the database, which would compare them by itself. */
export async function activeHolds(keeper: KeeperQueries): Promise<readonly ActiveHold[]> {
  return (await keeper.rows(HOLDS)).map(holdOfRow);
}

/** Which archived events an erasure is of. */
export interface LineTarget {
  readonly subjectId: string;
  readonly identifiers: readonly string[];
  /** These alone, where an erasure is repeated. */
  readonly listed?: ReadonlySet<string> | undefined;
}

/** What an erasure does to an archived event: it is by or about the person, or names the person; a legal hold may keep it. */
export type LineFate = 'erased' | 'held' | 'left';

/** Says of archived events what an erasure does to each. */
export function lineFate(
  { subjectId, identifiers, listed }: LineTarget,
  holds: readonly ActiveHold[],
): (line: ArchiveLine) => LineFate {
  const isNaming = identifierTest(identifiers);
  const isWanted = (line: ArchiveLine): boolean =>
    listed ? listed.has(line.sealed.id) : isLineOf(line, subjectId) || isNaming(line.personal);
  return (line) => {
    if (!isWanted(line)) return 'left';
    return holds.some((hold) => covers(hold, line)) ? 'held' : 'erased';
  };
}

/** As `audit_hold_covers` has it. */
function covers(hold: ActiveHold, line: ArchiveLine): boolean {
  const { tenantId, occurredAt } = line.sealed;
  const { actorId, onBehalfOfId, resourceType, resourceId } = idsOfLine(line);
  const occurred = Date.parse(occurredAt);
  return (
    isAnyOf(hold.tenantId, tenantId) &&
    isAnyOf(hold.actorId, actorId, onBehalfOfId) &&
    isAnyOf(hold.resourceType, resourceType) &&
    isAnyOf(hold.resourceId, resourceId) &&
    (hold.occurredFrom === null || hold.occurredFrom <= occurred) &&
    (hold.occurredTo === null || hold.occurredTo > occurred)
  );
}

function isAnyOf(wanted: string | null, ...values: readonly (string | undefined)[]): boolean {
  return wanted === null || values.includes(wanted);
}

function holdOfRow(row: LedgerRow): ActiveHold {
  const text = (column: string): string | null => (typeof row[column] === 'string' ? row[column] : null);
  const time = (column: string): number | null => (row[column] === null ? null : Number(row[column]));
  return {
    tenantId: text('tenant_id'),
    actorId: text('actor_id'),
    resourceType: text('resource_type'),
    resourceId: text('resource_id'),
    occurredFrom: time('occurred_from'),
    occurredTo: time('occurred_to'),
  };
}

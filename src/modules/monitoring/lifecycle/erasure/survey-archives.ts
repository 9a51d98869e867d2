import type { ArchiveLine } from '../../archive/archive-line.js';
import type { Archives } from '../../archive/archives.js';
import type { LedgerRow } from '../../store/ledger-row.js';
import type { LineFate } from './archived-events.js';
import { addFacts, factNames, type ErasureRemains } from './remains.js';

/** Which archived events an erasure is of, and what stays of them. */
export interface ArchiveSurvey {
  /** Those that have a personal part: to be erased. */
  readonly eventIds: readonly string[];
  /** How many that have one a legal hold keeps. Those that the ledger itself still has are counted there. */
  readonly held: number;
  readonly remains: ErasureRemains;
}

const PAGE = 500;
const STILL_THERE = 'SELECT id FROM audit_event WHERE id = ANY ($1::uuid[])';

/**
 * Looks through archives, before they are erased. What the ledger itself has, too, is counted there.
 *
 * @throws ArchiveMissingError (`AUDIT_ARCHIVE_MISSING`), ArchiveInvalidError (`AUDIT_ARCHIVE_INVALID`)
 */
export async function surveyArchives(
  archives: Pick<Archives, 'lines'>,
  names: readonly string[],
  fateOf: (line: ArchiveLine) => LineFate,
  before: ErasureRemains,
  eventRows: (text: string, values: readonly unknown[]) => Promise<readonly LedgerRow[]>,
): Promise<ArchiveSurvey> {
  const eventIds: string[] = [];
  let remains = before;
  let held = 0;
  const goneOf = async (page: readonly ArchiveLine[]): Promise<readonly ArchiveLine[]> => {
    const there = new Set((await eventRows(STILL_THERE, [page.map(({ sealed }) => sealed.id)])).map(({ id }) => id));
    return page.filter(({ sealed }) => !there.has(sealed.id));
  };
  const tally = async (archive: string, page: readonly ArchiveLine[]): Promise<void> => {
    const found = (await goneOf(page)).flatMap(({ sealed }) => factNames(sealed).map((name) => [name, 1] as const));
    remains = {
      ...addFacts(remains, found),
      archives: { ...remains.archives, [archive]: (remains.archives[archive] ?? 0) + page.length },
    };
  };
  for (const archive of names) {
    let page: ArchiveLine[] = [];
    let kept: ArchiveLine[] = [];
    for await (const line of archives.lines(archive)) {
      const fate = fateOf(line);
      if (fate === 'left') continue;
      const isPersonal = line.personal !== null || line.salt !== null;
      if (fate === 'held') {
        if (isPersonal) kept.push(line);
        if (kept.length < PAGE) continue;
        held += (await goneOf(kept)).length;
        kept = [];
        continue;
      }
      if (isPersonal) eventIds.push(line.sealed.id);
      page.push(line);
      if (page.length === PAGE) {
        await tally(archive, page);
        page = [];
      }
    }
    if (page.length > 0) await tally(archive, page);
    if (kept.length > 0) held += (await goneOf(kept)).length;
  }
  return { eventIds, held, remains };
}

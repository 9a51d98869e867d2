import type { ArchiveLine, Archives } from '../archive/index.js';
import type { LedgerRow } from '../ledger/ledger-row.js';
import { addFacts, factNames, type ErasureRemains } from './remains.js';

/** Which archived events an erasure is of, and what stays of them. */
export interface ArchiveSurvey {
  /** Those that have a personal part: to be erased. */
  readonly eventIds: readonly string[];
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
  isMeant: (line: ArchiveLine) => boolean,
  before: ErasureRemains,
  eventRows: (text: string, values: readonly unknown[]) => Promise<readonly LedgerRow[]>,
): Promise<ArchiveSurvey> {
  const eventIds: string[] = [];
  let remains = before;
  const tally = async (archive: string, page: readonly ArchiveLine[]): Promise<void> => {
    const there = new Set((await eventRows(STILL_THERE, [page.map(({ sealed }) => sealed.id)])).map(({ id }) => id));
    const gone = page.filter(({ sealed }) => !there.has(sealed.id));
    const found = gone.flatMap(({ sealed }) => factNames(sealed).map((name) => [name, 1] as const));
    remains = {
      ...addFacts(remains, found),
      archives: { ...remains.archives, [archive]: (remains.archives[archive] ?? 0) + page.length },
    };
  };
  for (const archive of names) {
    let page: ArchiveLine[] = [];
    for await (const line of archives.lines(archive)) {
      if (!isMeant(line)) continue;
      if (line.personal !== null || line.salt !== null) eventIds.push(line.sealed.id);
      page.push(line);
      if (page.length === PAGE) {
        await tally(archive, page);
        page = [];
      }
    }
    if (page.length > 0) await tally(archive, page);
  }
  return { eventIds, remains };
}

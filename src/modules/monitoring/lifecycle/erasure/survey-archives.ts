import type { ArchiveLine } from '../../archive/archive-line.js';
import type { Archives } from '../../archive/archives.js';
import { goneOf, type EventRows, type LineFate } from './archived-events.js';
import type { Erasure } from './erasure.js';
import { addFacts, factNames, type ErasureRemains } from './remains.js';

/** The counts of an erasure's events in the ledger's archives. */
export interface ArchiveSurvey extends Pick<Erasure, 'counts' | 'remains'> {
  /** The events that have a personal part to erase. */
  readonly eventIds: readonly string[];
}

/** The archives to search. */
export interface SurveyedSource {
  readonly archives: Pick<Archives, 'names' | 'lines'>;
  readonly eventRows: EventRows;
}

const PAGE = 500;

/**
 * Searches the archives before anything is erased from them, and adds their events to the counts so far. Events that the ledger still has
 * were counted there.
 *
 * @param expected the names of the archives that must exist, unless they were removed
 * @throws ArchiveMissingError (`AUDIT_ARCHIVE_MISSING`), ArchiveInvalidError (`AUDIT_ARCHIVE_INVALID`)
 */
export async function surveyArchives(
  { archives, eventRows }: SurveyedSource,
  expected: readonly string[],
  fateOf: (line: ArchiveLine) => LineFate,
  { counts, remains: before }: Pick<Erasure, 'counts' | 'remains'>,
): Promise<ArchiveSurvey> {
  const names = await archives.names(expected);
  const eventIds: string[] = [];
  let remains: ErasureRemains = { ...before, removedArchives: expected.filter((archive) => !names.includes(archive)) };
  let { held } = counts;
  const tally = async (archive: string, page: readonly ArchiveLine[]): Promise<void> => {
    const gone = await goneOf(eventRows, page);
    const found = gone.flatMap(({ sealed }) => factNames(sealed).map((name) => [name, 1] as const));
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
        held += (await goneOf(eventRows, kept)).length;
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
    if (kept.length > 0) held += (await goneOf(eventRows, kept)).length;
  }
  return { eventIds, counts: { ...counts, held, archived: eventIds.length }, remains };
}

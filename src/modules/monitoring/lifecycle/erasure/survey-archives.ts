import type { ArchiveLine } from '../../archive/archive-line.js';
import type { Archives } from '../../archive/archives.js';
import { archivedLines, type EventRows, type LineFate } from './archived-events.js';
import type { Erasure } from './erasure.js';
import { addFacts, factNames, type ErasureRemains } from './remains.js';

/** The counts of an erasure's events in the ledger's archives. */
export interface ArchiveSurvey extends Pick<Erasure, 'counts' | 'remains'> {
  /** The events that have a personal part to erase. */
  readonly eventIds: readonly string[];
}

/**
 * Searches the archives before anything is erased from them, and adds their events to the counts so far. Events that the ledger still has
 * were counted there. Rejects as `archivedLines` does.
 *
 * @param expected the names of the archives that must exist, unless they were removed
 */
export async function surveyArchives(
  source: { readonly archives: Pick<Archives, 'names' | 'lines'>; readonly eventRows: EventRows },
  expected: readonly string[],
  fateOf: (line: ArchiveLine) => LineFate,
  { counts, remains: before }: Pick<Erasure, 'counts' | 'remains'>,
): Promise<ArchiveSurvey> {
  const names = await source.archives.names(expected);
  const eventIds: string[] = [];
  let remains: ErasureRemains = { ...before, removedArchives: expected.filter((archive) => !names.includes(archive)) };
  let { held } = counts;
  for await (const { archive, line, isGone } of archivedLines(source, names, (each) => fateOf(each) !== 'left')) {
    const isPersonal = line.personal !== null || line.salt !== null;
    if (fateOf(line) === 'held') {
      if (isPersonal && isGone) held++;
      continue;
    }
    if (isPersonal) eventIds.push(line.sealed.id);
    const facts = isGone ? factNames(line.sealed).map((name) => [name, 1] as const) : [];
    const archives = { ...remains.archives, [archive]: (remains.archives[archive] ?? 0) + 1 };
    remains = { ...addFacts(remains, facts), archives };
  }
  return { eventIds, counts: { ...counts, held, archived: eventIds.length }, remains };
}

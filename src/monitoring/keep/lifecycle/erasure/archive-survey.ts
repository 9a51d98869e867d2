import { AuditError } from '../../../../audit/nest-free.js';
import { isLineOf, isPersonalLine, type ArchiveLine } from '../../archive/archive-line.js';
import type { Archives } from '../../archive/archives.js';
import type { LedgerRow } from '../../../store/ledger-row.js';
import type { LedgerQueries } from '../../../store/sessions/ledger-session.js';
import { isHeld, type ActiveHold } from '../holds/legal-hold.js';
import type { Erasure } from './erasure.dto.js';
import { identifierTest, type Person } from './match-identifiers.js';
import { addFacts, factNames } from './remains.js';
import { keepErrors } from '../../../errors/keep.errors.js';

/** Runs a statement that may read every event, and returns the statement's rows. */
export type EventRows = (text: string, values: readonly unknown[]) => Promise<readonly LedgerRow[]>;

export interface PersonSource {
  readonly custodian: LedgerQueries;
  readonly eventRows: EventRows;
  readonly archives: Pick<Archives, 'names' | 'check' | 'lines'>;
}

/** From the state `archived` on, an event of the retirement may be only in the archive. */
const EXPECTED = `SELECT archive FROM audit_retirement WHERE state <> 'planned'`;
const STILL_THERE = 'SELECT id FROM audit_event WHERE id = ANY ($1::uuid[])';
const PAGE = 500;

export async function expectedArchives(custodian: LedgerQueries): Promise<readonly string[]> {
  return (await custodian.rows(EXPECTED)).map(({ archive }) => String(archive));
}

/** Returns the names of the archives to search. @throws `AUDIT_ARCHIVE_UNREADABLE` */
export async function archiveNames({ custodian, archives }: PersonSource): Promise<readonly string[]> {
  return archives.names(await expectedArchives(custodian)).catch((error: unknown) => explain('the archives', error));
}

/** Checks that an archive can be read. Rejects with the errors of {@link archivedLines}. */
export async function checkArchive({ archives }: PersonSource, archive: string): Promise<void> {
  await archives.check(archive).catch((error: unknown) => explain(`the archive ${archive}`, error));
}

export interface ArchivedLine {
  readonly archive: string;
  readonly line: ArchiveLine;
  /** Whether the event was removed from the ledger. For some time after the archive is written, the ledger still has the event. */
  readonly isGone: boolean;
}

/**
 * Yields the archived events for which `isWanted` returns `true`. Only one page is in memory at a time.
 *
 * @param isWantedText receives the text of each line; if it returns `false`, the line is skipped
 * @throws `AUDIT_ARCHIVE_MISSING`, `AUDIT_ARCHIVE_INVALID`, `AUDIT_ARCHIVE_UNREADABLE`
 */
export async function* archivedLines(
  { archives, eventRows }: { readonly archives: Pick<Archives, 'lines'>; readonly eventRows: EventRows },
  names: readonly string[],
  isWanted: (line: ArchiveLine) => boolean,
  isWantedText?: (text: string) => boolean,
): AsyncGenerator<ArchivedLine> {
  for (const archive of names) {
    let page: ArchiveLine[] = [];
    const flush = async (): Promise<readonly ArchivedLine[]> => {
      const there = new Set((await eventRows(STILL_THERE, [page.map(({ sealed }) => sealed.id)])).map(({ id }) => id));
      return page.map((line) => ({ archive, line, isGone: !there.has(line.sealed.id) }));
    };
    for await (const line of readable(archive, archives.lines(archive, isWantedText))) {
      if (!isWanted(line)) continue;
      page.push(line);
      if (page.length < PAGE) continue;
      yield* await flush();
      page = [];
    }
    if (page.length > 0) yield* await flush();
  }
}

async function* readable(archive: string, lines: AsyncIterable<ArchiveLine>): AsyncGenerator<ArchiveLine> {
  try {
    yield* lines;
  } catch (error) {
    explain(`the archive ${archive}`, error);
  }
}

function explain(what: string, error: unknown): never {
  throw error instanceof AuditError ? error : keepErrors.AUDIT_ARCHIVE_UNREADABLE.atAll(what, error);
}

/** What an erasure selects in archives: the events of a person or, for a repeated erasure, the listed events. */
export interface LineTarget extends Person {
  /** The ids of the events to select, for a repeated erasure; `undefined` for other erasures. */
  readonly listed?: ReadonlySet<string> | undefined;
}

/** The effect of an erasure on an archived event. `held` means that a legal hold prevents the erasure. */
export type LineFate = 'erased' | 'held' | 'left';

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

export interface ArchiveSurvey extends Pick<Erasure, 'counts' | 'remains'> {
  readonly eventIds: readonly string[];
}

/**
 * Counts the events of an erasure in the archives, before the erasure rewrites the archives. If the ledger still has an event, the survey
 * does not count the event's legal hold and facts again. Rejects with the errors of {@link archivedLines}.
 *
 * @param expected the names of the archives that must exist, unless an operator removed them
 */
export async function surveyArchives(
  source: { readonly archives: Pick<Archives, 'names' | 'lines'>; readonly eventRows: EventRows },
  expected: readonly string[],
  fateOf: (line: ArchiveLine) => LineFate,
  { counts, remains: before }: Pick<Erasure, 'counts' | 'remains'>,
): Promise<ArchiveSurvey> {
  const names = await source.archives.names(expected);
  const eventIds: string[] = [];
  let remains: Erasure['remains'] = {
    ...before,
    removedArchives: expected.filter((archive) => !names.includes(archive)),
  };
  let { held } = counts;
  for await (const { archive, line, isGone } of archivedLines(source, names, (each) => fateOf(each) !== 'left')) {
    const isPersonal = isPersonalLine(line);
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

import { AuditError } from '../../../../audit/nest-free.js';
import { isLineAbout, isPersonalLine, type ArchiveLine } from '../../archive/archive-line.js';
import type { Archives } from '../../archive/archives.js';
import type { LedgerRow } from '../../../store/ledger-row.js';
import type { LedgerQueries } from '../../../store/sessions/ledger-session.js';
import { isHeld, type ActiveHold } from '../holds/legal-hold.js';
import type { Erasure } from './erasure.dto.js';
import { createIdentifierTest, type Person } from './match-identifiers.js';
import { addFacts, listFactNames } from './remnants.js';
import { lifecycleErrors } from '../../../errors/keep.errors.js';

/** Runs a statement that may read every event, and returns the statement's rows. */
export type EventRows = (text: string, values: readonly unknown[]) => Promise<readonly LedgerRow[]>;

export interface ArchiveSource {
  readonly session: LedgerQueries;
  readonly eventRows: EventRows;
  readonly archives: Pick<Archives, 'names' | 'check' | 'lines'>;
}

/** From the state `archived` on, an event of the retirement may be only in the archive. */
const SELECT_EXPECTED = `SELECT archive FROM audit_retirement WHERE state <> 'planned'`;
const SELECT_EXISTING = 'SELECT id FROM audit_event WHERE id = ANY ($1::uuid[])';
const PAGE_SIZE = 500;

export async function listExpectedArchives(session: LedgerQueries): Promise<readonly string[]> {
  return (await session.rows(SELECT_EXPECTED)).map(({ archive }) => String(archive));
}

/** Returns the names of the archives to search. @throws `AUDIT_ARCHIVE_UNREADABLE` */
export async function listArchiveNames({ session, archives }: ArchiveSource): Promise<readonly string[]> {
  return archives
    .names(await listExpectedArchives(session))
    .catch((error: unknown) => throwExplained('the archives', error));
}

/** Checks that an archive can be read. Rejects with the errors of {@link findArchivedEvents}. */
export async function checkArchive({ archives }: ArchiveSource, archive: string): Promise<void> {
  await archives.check(archive).catch((error: unknown) => throwExplained(`the archive ${archive}`, error));
}

export interface ArchivedEvent {
  readonly archive: string;
  readonly line: ArchiveLine;
  /** Whether the event was removed from the ledger. For some time after the archive is written, the ledger still has the event. */
  readonly isRemoved: boolean;
}

/**
 * Yields the archived events for which `isWanted` returns `true`. Only one page is in memory at a time.
 *
 * @param isWantedText receives the text of each line; if it returns `false`, the line is skipped
 * @throws `AUDIT_ARCHIVE_MISSING`, `AUDIT_ARCHIVE_INVALID`, `AUDIT_ARCHIVE_UNREADABLE`
 */
export async function* findArchivedEvents(
  { archives, eventRows }: { readonly archives: Pick<Archives, 'lines'>; readonly eventRows: EventRows },
  names: readonly string[],
  isWanted: (line: ArchiveLine) => boolean,
  isWantedText?: (text: string) => boolean,
): AsyncGenerator<ArchivedEvent> {
  for (const archive of names) {
    let page: ArchiveLine[] = [];
    const flush = async (): Promise<readonly ArchivedEvent[]> => {
      const there = new Set(
        (await eventRows(SELECT_EXISTING, [page.map(({ sealed }) => sealed.id)])).map(({ id }) => id),
      );
      return page.map((line) => ({ archive, line, isRemoved: !there.has(line.sealed.id) }));
    };
    for await (const line of explainReadErrors(archive, archives.lines(archive, isWantedText))) {
      if (!isWanted(line)) continue;
      page.push(line);
      if (page.length < PAGE_SIZE) continue;
      yield* await flush();
      page = [];
    }
    if (page.length > 0) yield* await flush();
  }
}

async function* explainReadErrors(archive: string, lines: AsyncIterable<ArchiveLine>): AsyncGenerator<ArchiveLine> {
  try {
    yield* lines;
  } catch (error) {
    throwExplained(`the archive ${archive}`, error);
  }
}

function throwExplained(what: string, error: unknown): never {
  throw error instanceof AuditError ? error : lifecycleErrors.AUDIT_ARCHIVE_UNREADABLE.atAll(what, error);
}

/** What an erasure selects in archives: the events of a person or, for a repeated erasure, the listed events. */
export interface ErasureSelection extends Person {
  /** The ids of the events to select, for a repeated erasure; `undefined` for other erasures. */
  readonly listed?: ReadonlySet<string> | undefined;
}

/** The effect of an erasure on an archived event. `held` means that a legal hold prevents the erasure. */
export type LineDecision = 'erased' | 'held' | 'left';

export function createLineDecider(
  { subjectId, identifiers, listed }: ErasureSelection,
  holds: readonly ActiveHold[],
): (line: ArchiveLine) => LineDecision {
  const isNaming = createIdentifierTest(identifiers);
  const isWanted = (line: ArchiveLine): boolean =>
    listed ? listed.has(line.sealed.id) : isLineAbout(line, subjectId) || isNaming(line.personal);
  return (line) => {
    if (!isWanted(line)) return 'left';
    return isHeld(line, holds) ? 'held' : 'erased';
  };
}

export interface ArchiveCounts extends Pick<Erasure, 'counts' | 'remnants'> {
  readonly eventIds: readonly string[];
}

/**
 * Counts the events of an erasure in the archives, before the erasure rewrites the archives. If the ledger still has an event, the survey
 * does not count the event's legal hold and facts again. Rejects with the errors of {@link findArchivedEvents}.
 *
 * @param expected the names of the archives that must exist, unless an operator removed them
 */
export async function countInArchives(
  source: { readonly archives: Pick<Archives, 'names' | 'lines'>; readonly eventRows: EventRows },
  expected: readonly string[],
  decideLine: (line: ArchiveLine) => LineDecision,
  { counts, remnants: before }: Pick<Erasure, 'counts' | 'remnants'>,
): Promise<ArchiveCounts> {
  const names = await source.archives.names(expected);
  const eventIds: string[] = [];
  let remnants: Erasure['remnants'] = {
    ...before,
    removedArchives: expected.filter((archive) => !names.includes(archive)),
  };
  let { held } = counts;
  for await (const { archive, line, isRemoved } of findArchivedEvents(
    source,
    names,
    (each) => decideLine(each) !== 'left',
  )) {
    const isPersonal = isPersonalLine(line);
    if (decideLine(line) === 'held') {
      if (isPersonal && isRemoved) held++;
      continue;
    }
    if (isPersonal) eventIds.push(line.sealed.id);
    const facts = isRemoved ? listFactNames(line.sealed).map((name) => [name, 1] as const) : [];
    const archives = { ...remnants.archives, [archive]: (remnants.archives[archive] ?? 0) + 1 };
    remnants = { ...addFacts(remnants, facts), archives };
  }
  return { eventIds, counts: { ...counts, held, archived: eventIds.length }, remnants };
}

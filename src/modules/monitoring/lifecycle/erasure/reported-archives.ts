import type { AuditSubject } from '../../../../audit/index.js';
import { AuditError } from '../../../../audit/plain.js';
import type { ArchiveLine } from '../../archive/archive-line.js';
import { ArchiveUnreadableError } from '../../archive/archive.error.js';
import type { Archives } from '../../archive/archives.js';
import { isLineOf } from '../../archive/ids-of-line.js';
import type { LedgerQueries } from '../../store/sessions/ledger-session.js';
import { expectedArchives, goneOf, type EventRows } from './archived-events.js';
import { identifierTest } from './match-identifiers.js';

/** The archives to search, and how. */
export interface ArchivedSource {
  readonly keeper: LedgerQueries;
  readonly eventRows: EventRows;
  readonly archives: Pick<Archives, 'names' | 'check' | 'lines'>;
}

/** An event that an archive has and the ledger no longer has. */
export interface ArchivedEvent extends ArchiveLine {
  readonly archive: string;
}

const PAGE = 500;

/**
 * Checks that every archive can be read, before any of their events is reported.
 *
 * @throws ArchiveMissingError (`AUDIT_ARCHIVE_MISSING`), ArchiveInvalidError (`AUDIT_ARCHIVE_INVALID`),
 *   ArchiveUnreadableError (`AUDIT_ARCHIVE_UNREADABLE`)
 */
export async function checkArchives(source: ArchivedSource): Promise<void> {
  for (const archive of await namesOf(source)) {
    await source.archives.check(archive).catch((error: unknown) => explain(`the archive ${archive}`, error));
  }
}

/**
 * Yields the archived events by or about a person, and those that name the person, with one page in memory at a time. Read them after the
 * ledger's own events: then an event that is archived meanwhile appears in at least one of the two. Rejects as {@link checkArchives} does.
 */
export async function* archivedEventsOf(
  source: ArchivedSource,
  subject: Required<AuditSubject>,
): AsyncGenerator<ArchivedEvent> {
  for (const archive of await namesOf(source)) {
    let page: ArchivedEvent[] = [];
    for await (const line of linesOf(source.archives, archive, subject)) {
      page.push({ archive, ...line });
      if (page.length < PAGE) continue;
      yield* await goneOf(source.eventRows, page);
      page = [];
    }
    if (page.length > 0) yield* await goneOf(source.eventRows, page);
  }
}

async function* linesOf(
  archives: ArchivedSource['archives'],
  archive: string,
  { id, identifiers }: Required<AuditSubject>,
): AsyncGenerator<ArchiveLine> {
  const isNaming = identifierTest(identifiers);
  const isMeant = (line: ArchiveLine): boolean =>
    isLineOf(line, id) || isNaming(line.personal) || isNaming(line.sealed);
  const [quoted, isSearched] = [JSON.stringify(id), identifiers.length > 0];
  const lines = archives.lines(archive, (text) => isSearched || text.includes(quoted));
  try {
    for await (const line of lines) if (isMeant(line)) yield line;
  } catch (error) {
    explain(`the archive ${archive}`, error);
  }
}

async function namesOf({ keeper, archives }: ArchivedSource): Promise<readonly string[]> {
  return archives.names(await expectedArchives(keeper)).catch((error: unknown) => explain('the archives', error));
}

function explain(what: string, error: unknown): never {
  throw error instanceof AuditError ? error : ArchiveUnreadableError.create(what, error);
}

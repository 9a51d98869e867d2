import type { AuditProvider, AuditSubject } from '../../../../audit/index.js';
import type { AuditEvent, JsonObject } from '../../../../audit/nest-free.js';
import type { CheckpointTrust } from '../../../proof/log/notes/checkpoint.js';
import type { StoredCheckpoint } from '../../../store/log-reading/log-reader.service.js';
import { awaitSealed } from '../../../store/await-sealed.js';
import { TIMING } from '../../../store/timing.js';
import type { PersonalPart } from '../../../proof/sealing/personal-part.js';
import { factsOfRow, joinSound, LEDGER_COLUMNS, personalOfRow, type LedgerRow } from '../../../store/ledger-row.js';
import { joinImages } from '../../../read/query/records/row-change.js';
import { type ArchiveLine, isLineOf } from '../../archive/archive-line.js';
import { archivedLines, archiveNames, checkArchive, type PersonSource } from './archive-survey.js';
import { EVENTS_NAMING, EVENTS_OF, isOf, SEARCHED_AT_ONCE } from './erase-page.js';
import { FIRST_ID, LAST_ID } from '../../../store/id-time.js';
import { erasureOf, erasuresOf } from './requests.js';
import type { Erasure } from './erasure.dto.js';
import { identifierTest, needlesOf } from './match-identifiers.js';

export interface ReportedEvent extends AuditEvent {
  /**
   * The event's index in the ledger, from 0; absent until the event is sealed. For a sealed event, `GET /audit/events/<id>/proof` returns a
   * proof.
   */
  readonly index?: number;
  /** The archive that contains the event; absent while the event is in the ledger. */
  readonly archive?: string;
}

/**
 * A part of a report. The order of the parts is: the head, the events in the ledger, the events in archives, the erasures, and the data in
 * each provider.
 */
export type ReportPart =
  | {
      readonly kind: 'head';
      readonly subjectId: string;
      readonly reportedAt: string;
      readonly checkpoint: string | null;
      /** The number of events of any person that are not sealed yet, so that the report lacks them. */
      readonly waitingEvents: number;
    }
  | { readonly kind: 'event'; readonly event: ReportedEvent }
  | { readonly kind: 'erasure'; readonly erasure: Erasure }
  | { readonly kind: 'row'; readonly backend: string; readonly row: JsonObject };

export interface ReportSource extends PersonSource {
  readonly newestCheckpoint: () => Promise<StoredCheckpoint | undefined>;
  /** Returns the keys that verify the ledger's signatures; `undefined` without a key. */
  readonly trust: () => Promise<CheckpointTrust | undefined>;
  /** The providers that store data about people, by backend. */
  readonly stores: ReadonlyMap<string, Pick<AuditProvider, 'reportSubject'>>;
}

const PAGE = 500;
const EVENTS = `
  SELECT ${LEDGER_COLUMNS}, (SELECT index FROM audit_leaf WHERE event_id = id) AS index
    FROM audit_event WHERE id = ANY ($1::uuid[]) ORDER BY id`;

/**
 * Yields all stored data about a person in parts. Only one page is in memory at a time. Always searches all archives. Searches the whole
 * ledger only if the subject has identifiers. Rejects with the error of the PostgreSQL client.
 *
 * @throws `AUDIT_ARCHIVE_MISSING`, `AUDIT_ARCHIVE_INVALID`, `AUDIT_ARCHIVE_UNREADABLE`, before the first part, so that no archive is left out silently
 */
export async function* reportSubject(
  source: ReportSource,
  subject: Required<AuditSubject>,
): AsyncGenerator<ReportPart> {
  for (const archive of await archiveNames(source)) await checkArchive(source, archive);
  const waitingEvents = (await awaitSealed(source.custodian, TIMING.questionMs))?.events ?? 0;
  const checkpoint = (await source.newestCheckpoint())?.note ?? null;
  yield { kind: 'head', subjectId: subject.id, reportedAt: new Date().toISOString(), checkpoint, waitingEvents };
  for await (const row of rowsOf(source, subject)) {
    const [event] = await joinImages([storedEvent(row, subject)], source.eventRows);
    if (event) yield { kind: 'event', event };
  }
  yield* archivedParts(source, subject);
  const trust = await source.trust();
  const erasures = trust ? await erasuresOf(source.custodian, subject.id, trust) : [];
  for (const record of erasures) yield { kind: 'erasure', erasure: erasureOf(record) };
  for (const [backend, store] of source.stores) {
    for await (const row of store.reportSubject?.(subject) ?? []) yield { kind: 'row', backend, row };
  }
}

async function* rowsOf(source: ReportSource, subject: Required<AuditSubject>): AsyncGenerator<LedgerRow> {
  for (let after: string | undefined = FIRST_ID; after !== undefined;) {
    const ids = idsOf(await source.custodian.rows(EVENTS_OF, [subject.id, after, LAST_ID, PAGE]));
    yield* await source.eventRows(EVENTS, [ids]);
    after = ids.at(-1);
  }
  if (subject.identifiers.length === 0) return;
  const [needles, isNaming] = [needlesOf(subject.identifiers), identifierTest(subject.identifiers)];
  for (let after: string | undefined = FIRST_ID; after !== undefined;) {
    const found = await source.custodian.rows(EVENTS_NAMING, [needles, after, LAST_ID, SEARCHED_AT_ONCE]);
    const ids = idsOf(found.filter((row) => !isOf(row, subject.id) && (isNaming(row.personal) || isNaming(row.facts))));
    if (ids.length > 0) yield* await source.eventRows(EVENTS, [ids]);
    after = idsOf(found).at(-1);
  }
}

/** The archives are read after the ledger, to find an event that is retired meanwhile. */
async function* archivedParts(source: ReportSource, subject: Required<AuditSubject>): AsyncGenerator<ReportPart> {
  const isNaming = identifierTest(subject.identifiers);
  const isMeant = (line: ArchiveLine): boolean =>
    isLineOf(line, subject.id) || isNaming(line.personal) || isNaming(line.sealed);
  const [quoted, isSearched] = [JSON.stringify(subject.id), subject.identifiers.length > 0];
  const isMeantText = (text: string): boolean => isSearched || text.includes(quoted);
  for await (const { archive, line, isGone } of archivedLines(
    source,
    await archiveNames(source),
    isMeant,
    isMeantText,
  )) {
    if (!isGone) continue;
    const facts = { ...line.sealed, personal: undefined }; // removes the commitment, because the person cannot use it
    const event = shownEvent(facts, line.personal ?? undefined, subject);
    yield { kind: 'event', event: { ...event, index: line.index, archive } };
  }
}

function storedEvent(row: LedgerRow, subject: AuditSubject): ReportedEvent {
  const index = row.index === null ? {} : { index: Number(row.index) };
  return { ...shownEvent(factsOfRow(row), personalOfRow(row), subject), ...index };
}

/**
 * Returns the part of an event that the person may see. If the person is only the resource of the event, keeps only the personal details,
 * changes, reason and resource id. If an event only names the person, removes all personal values, unless the actor is anonymous.
 */
function shownEvent(facts: AuditEvent, personal: PersonalPart = {}, { id }: AuditSubject): AuditEvent {
  const { actor, resource } = facts;
  const isOwn = [actor.id, personal['/actor/id']].includes(id) || actor.type === 'anonymous';
  const isAbout = resource?.type === 'user' && [resource.id, personal['/resource/id']].includes(id);
  const shown = Object.entries(personal).filter(
    ([pointer]) => isOwn || (isAbout && /^\/(details\/|changes\/|reason$|resource\/id$)/.test(pointer)),
  );
  return joinSound(facts, Object.fromEntries(shown));
}

function idsOf(rows: readonly LedgerRow[]): readonly string[] {
  return rows.map(({ id }) => String(id));
}

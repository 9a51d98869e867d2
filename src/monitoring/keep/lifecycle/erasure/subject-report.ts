import type { AuditProvider, AuditSubject } from '../../../../audit/index.js';
import type { AuditEvent, JsonObject } from '../../../../audit/nest-free.js';
import type { CheckpointTrust } from '../../../proof/log/notes/checkpoint.js';
import type { StoredCheckpoint } from '../../../store/log-reading/log-reader.service.js';
import { awaitSealed } from '../../../store/await-sealed.js';
import { TIMING } from '../../../store/timing.js';
import type { PersonalPart } from '../../../proof/sealing/personal-part.js';
import { toFacts, joinSound, LEDGER_COLUMNS, parsePersonalPart, type LedgerRow } from '../../../store/ledger-row.js';
import { joinImages } from '../../../read/query/records/row-change.js';
import { type ArchiveLine, isLineAbout } from '../../archive/archive-line.js';
import { findArchivedEvents, listArchiveNames, checkArchive, type ArchiveSource } from './archived-events.js';
import { SELECT_EVENTS_WITH_IDENTIFIERS, SELECT_EVENTS_ABOUT, isRowAbout, SEARCH_PAGE_SIZE } from './erase-page.js';
import { FIRST_ID, LAST_ID } from '../../../store/id-time.js';
import { toErasure, listErasures } from './erasure-requests.js';
import type { Erasure } from './erasure.dto.js';
import { createIdentifierTest, listSearchTerms } from './match-identifiers.js';

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

export interface ReportSource extends ArchiveSource {
  readonly newestCheckpoint: () => Promise<StoredCheckpoint | undefined>;
  /** Returns the keys that verify the ledger's signatures; `undefined` without a key. */
  readonly trust: () => Promise<CheckpointTrust | undefined>;
  /** The providers that store data about people, by backend. */
  readonly stores: ReadonlyMap<string, Pick<AuditProvider, 'reportSubject'>>;
}

const PAGE_SIZE = 500;
const SELECT_EVENTS = `
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
  for (const archive of await listArchiveNames(source)) await checkArchive(source, archive);
  const waitingEvents = (await awaitSealed(source.session, TIMING.questionMs))?.events ?? 0;
  const checkpoint = (await source.newestCheckpoint())?.note ?? null;
  yield { kind: 'head', subjectId: subject.id, reportedAt: new Date().toISOString(), checkpoint, waitingEvents };
  for await (const row of readRows(source, subject)) {
    const [event] = await joinImages([storedEvent(row, subject)], source.eventRows);
    if (event) yield { kind: 'event', event };
  }
  yield* archivedParts(source, subject);
  const trust = await source.trust();
  const erasures = trust ? await listErasures(source.session, subject.id, trust) : [];
  for (const record of erasures) yield { kind: 'erasure', erasure: toErasure(record) };
  for (const [backend, store] of source.stores) {
    for await (const row of store.reportSubject?.(subject) ?? []) yield { kind: 'row', backend, row };
  }
}

async function* readRows(source: ReportSource, subject: Required<AuditSubject>): AsyncGenerator<LedgerRow> {
  for (let after: string | undefined = FIRST_ID; after !== undefined;) {
    const ids = toIds(await source.session.rows(SELECT_EVENTS_ABOUT, [subject.id, after, LAST_ID, PAGE_SIZE]));
    yield* await source.eventRows(SELECT_EVENTS, [ids]);
    after = ids.at(-1);
  }
  if (subject.identifiers.length === 0) return;
  const [needles, isNaming] = [listSearchTerms(subject.identifiers), createIdentifierTest(subject.identifiers)];
  for (let after: string | undefined = FIRST_ID; after !== undefined;) {
    const found = await source.session.rows(SELECT_EVENTS_WITH_IDENTIFIERS, [
      needles,
      after,
      LAST_ID,
      SEARCH_PAGE_SIZE,
    ]);
    const ids = toIds(
      found.filter((row) => !isRowAbout(row, subject.id) && (isNaming(row.personal) || isNaming(row.facts))),
    );
    if (ids.length > 0) yield* await source.eventRows(SELECT_EVENTS, [ids]);
    after = toIds(found).at(-1);
  }
}

/** The archives are read after the ledger, to find an event that is retired meanwhile. */
async function* archivedParts(source: ReportSource, subject: Required<AuditSubject>): AsyncGenerator<ReportPart> {
  const isNaming = createIdentifierTest(subject.identifiers);
  const isMeant = (line: ArchiveLine): boolean =>
    isLineAbout(line, subject.id) || isNaming(line.personal) || isNaming(line.sealed);
  const [quoted, isSearched] = [JSON.stringify(subject.id), subject.identifiers.length > 0];
  const isMeantText = (text: string): boolean => isSearched || text.includes(quoted);
  for await (const { archive, line, isRemoved } of findArchivedEvents(
    source,
    await listArchiveNames(source),
    isMeant,
    isMeantText,
  )) {
    if (!isRemoved) continue;
    const facts = { ...line.sealed, personal: undefined }; // removes the commitment, because the person cannot use it
    const event = shownEvent(facts, line.personal ?? undefined, subject);
    yield { kind: 'event', event: { ...event, index: line.index, archive } };
  }
}

function storedEvent(row: LedgerRow, subject: AuditSubject): ReportedEvent {
  const index = row.index === null ? {} : { index: Number(row.index) };
  return { ...shownEvent(toFacts(row), parsePersonalPart(row), subject), ...index };
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

function toIds(rows: readonly LedgerRow[]): readonly string[] {
  return rows.map(({ id }) => String(id));
}

const HEAD = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>What the audit ledger holds about you</title>
<style>
body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; color: #1c1c1c; }
h2 { margin-top: 2.5rem; }
article { border-top: 1px solid #ccc; padding: .75rem 0; }
h3 { margin: 0; font-size: 1rem; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .1rem 1rem; margin: .25rem 0; }
dt { color: #555; }
dd { margin: 0; overflow-wrap: anywhere; }
pre { white-space: pre-wrap; overflow-wrap: anywhere; margin: 0; font: inherit; }
</style>
</head>
<body>
`;

const TITLES = {
  event: 'What happened',
  archived: 'What happened (events in archives)',
  erasure: 'What was erased',
  row: 'What other parts of the application store',
} as const;

/** Writes a report as an HTML page without scripts and external resources. */
export async function* reportHtml(parts: AsyncIterable<ReportPart>): AsyncGenerator<string> {
  let shown: keyof typeof TITLES | undefined;
  for await (const part of parts) {
    if (part.kind === 'head') {
      yield HEAD;
      yield `<h1>What the audit ledger holds about you</h1>\n`;
      yield list({
        'Your id': part.subjectId,
        'As of': part.reportedAt,
        'Sealed up to': part.checkpoint ?? 'nothing yet',
        ...(part.waitingEvents > 0 && {
          'Missing here': `${part.waitingEvents} events of anybody that are not sealed yet`,
        }),
      });
      continue;
    }
    const section = part.kind === 'event' && part.event.archive !== undefined ? 'archived' : part.kind;
    if (section !== shown) yield `<h2>${TITLES[section]}</h2>\n`;
    shown = section;
    if (part.kind === 'event')
      yield formatArticle(`${part.event.type}, ${part.event.occurredAt}`, getReportFacts(part.event));
    else if (part.kind === 'erasure') yield formatArticle(`Erasure ${part.erasure.id}`, { ...part.erasure });
    else yield formatArticle(part.backend, part.row);
  }
  if (shown === undefined) yield '<p>Nothing.</p>\n';
  yield '</body>\n</html>\n';
}

function getReportFacts(event: ReportedEvent): Readonly<Record<string, unknown>> {
  const { id, index } = event;
  const facts = Object.entries(event).filter(([name]) => !['type', 'occurredAt', 'index'].includes(name));
  const place = index === undefined ? 'not sealed yet' : `${index}, proven by /audit/events/${id}/proof`;
  return { ...Object.fromEntries(facts), 'place in the ledger': place };
}

function formatArticle(title: string, facts: Readonly<Record<string, unknown>>): string {
  return `<article>\n<h3>${escapeHtml(title)}</h3>\n${list(facts)}</article>\n`;
}

function list(facts: Readonly<Record<string, unknown>>): string {
  const items = Object.entries(facts)
    .filter(([, value]) => !isEmpty(value))
    .map(([name, value]) => `<dt>${escapeHtml(name)}</dt><dd><pre>${escapeHtml(formatValue(value))}</pre></dd>`);
  return `<dl>\n${items.join('\n')}\n</dl>\n`;
}

function isEmpty(value: unknown): boolean {
  return value === null || value === undefined || (typeof value === 'object' && Object.keys(value).length === 0);
}

function formatValue(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value, undefined, 1);
}

/** Escapes a text for the content of an element or of a quoted attribute. */
export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}

const KINDS = ['event', 'erasure', 'row'] as const;
const LISTS = ['events', 'erasures', 'rows'] as const;

/** Writes a report as parts of one JSON object with the members `subjectId`, `reportedAt`, `checkpoint`, `waitingEvents`, `events`, `erasures` and `rows`. */
export async function* reportJson(parts: AsyncIterable<ReportPart>): AsyncGenerator<string> {
  let open = -1;
  for await (const part of parts) {
    if (part.kind === 'head') {
      const { subjectId, reportedAt, checkpoint, waitingEvents } = part;
      yield `${JSON.stringify({ subjectId, reportedAt, checkpoint, waitingEvents }).slice(0, -1)},`;
      continue;
    }
    const list = KINDS.indexOf(part.kind);
    yield `${list === open ? ',' : openLists(open, list)}\n${JSON.stringify(getPartValue(part))}`;
    open = list;
  }
  yield `${openLists(open, LISTS.length - 1)}]}\n`;
}

function openLists(open: number, requested: number): string {
  const opened = LISTS.slice(open + 1, requested + 1).map((name) => `"${name}":[`);
  return [...(open < 0 ? [] : ['']), ...opened].join('],');
}

function getPartValue(part: Exclude<ReportPart, { kind: 'head' }>): object {
  if (part.kind === 'row') return { backend: part.backend, ...part.row };
  return part.kind === 'event' ? part.event : part.erasure;
}

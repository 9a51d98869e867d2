import { createHash } from 'node:crypto';
import { canonicalJson, type JsonObject } from '../../../audit/plain.js';
import type { ActStatement } from './act-note.js';

const IS_DIGEST = /^sha256:[0-9a-f]{64}$/;

/** The request, as the erasure's row stores it. Acts state only digests of it, because acts stay and may not name persons. */
export interface StatedErasure {
  readonly id: string;
  readonly subjectId: string;
  readonly requestedBy: JsonObject;
  readonly reason: string;
  /** Deleted with the salt once the erasure is done, so that nobody can confirm an address by the act. */
  readonly identifiers: readonly string[];
  readonly salt: Uint8Array;
}

/** Further statements of a request's act. Times are RFC 3339, UTC. */
interface StatedRequest {
  readonly dryRun: boolean;
  readonly requestedAt: string;
  readonly startsAt: string;
  /** The events to erase; only on a request that repeats an erasure which a restore undid. */
  readonly eventIds?: readonly string[] | undefined;
}

export function requestStatement(
  erasure: StatedErasure,
  { dryRun, requestedAt, startsAt, eventIds }: StatedRequest,
): ActStatement {
  return {
    act: 'erasure_request',
    erasureId: erasure.id,
    ...digestsOf(erasure),
    identifiers: erasure.identifiers.length,
    identifiersDigest: digestOfIdentifiers(erasure),
    dryRun,
    requestedAt,
    startsAt,
    ...(eventIds ? { events: eventIds.length, eventsDigest: digestOfEvents(eventIds) } : {}),
  };
}

/** A request as its act states it: the erasure's id, and the fields that are not digests. */
export interface ErasureRequest extends Omit<StatedRequest, 'eventIds'> {
  readonly erasureId: string;
  /** Whether it repeats an erasure which a restore undid. */
  readonly isReplay: boolean;
}

/** The request that an act states; `undefined` for an act of another kind. */
export function erasureRequestOf(statement: ActStatement): ErasureRequest | undefined {
  if (statement.act !== 'erasure_request') return undefined;
  const { erasureId, dryRun, requestedAt, startsAt, eventsDigest } = statement;
  const text = (value: unknown): string => (typeof value === 'string' ? value : '');
  return {
    erasureId: text(erasureId),
    dryRun: dryRun === true,
    requestedAt: text(requestedAt),
    startsAt: text(startsAt),
    isReplay: eventsDigest !== undefined,
  };
}

/**
 * Returns what differs between a row and the act of its request; `undefined` if they agree.
 *
 * @param erasure without identifiers and salt once it is done
 */
export function contradictionOf(
  erasure: Omit<StatedErasure, 'identifiers' | 'salt'> & Partial<Pick<StatedErasure, 'identifiers' | 'salt'>>,
  statement: JsonObject,
): string | undefined {
  const { type, id } = Object(erasure.requestedBy) as Partial<JsonObject>; // of any shape, and null
  if (typeof type !== 'string' || typeof id !== 'string') return 'who requested it is not said';
  const { subject, asked } = digestsOf({ ...erasure, requestedBy: { type, id } });
  if (statement.erasureId !== erasure.id) return 'the act is of another erasure';
  if (statement.subject !== subject) return 'it is of another person than was requested';
  if (statement.asked !== asked) return 'who requested it, or why, is another than was stated';
  const { identifiers, salt } = erasure;
  if (!identifiers || !salt) return undefined;
  if (statement.identifiersDigest === digestOfIdentifiers({ identifiers, salt })) return undefined;
  return 'its identifiers are others than were given';
}

/**
 * Makes the statement of a completion's act: the number of its request, how many events the acts since then erased, and the SHA-256 of the
 * certificate in hexadecimal. For a dry run, only the request.
 */
export function completionStatement(
  erasureId: string,
  request: number,
  done?: { readonly events: number; readonly certificate: string },
): ActStatement {
  const stated = done ? { events: done.events, certificate: digestOfCertificate(done.certificate) } : {};
  return { act: 'erasure_completion', erasureId, request, ...stated };
}

/** The SHA-256 of a signed certificate, in hexadecimal. */
export function digestOfCertificate(certificate: string): string {
  return createHash('sha256').update(certificate).digest('hex');
}

/** How many events, by month (`2026-11`, UTC) and by their relation to the person. */
export type CountsByMonth = Readonly<Record<string, Readonly<Partial<Record<string, number>>>>>;

/**
 * Makes the statement of an erasure's act: the erasure, the number of its events, and the digest of their ids.
 *
 * @param counts the events by month and relation; absent for events of archives
 */
export function erasureStatement(erasureId: string, eventIds: readonly string[], counts?: CountsByMonth): ActStatement {
  const stated = { events: eventIds.length, eventsDigest: digestOfEvents(eventIds) };
  return { act: 'erasure', erasureId, ...stated, ...(counts ? { counts: counts as JsonObject } : {}) };
}

/** The sum of the acts of an erasure. */
export interface ErasedByActs {
  readonly events: CountsByMonth;
  readonly archived: number;
  readonly total: number;
  readonly acts: readonly number[];
}

/**
 * Adds up the acts that erased events for a request.
 *
 * @param of `completion`: the number of the act that ended it, where it is over
 */
export function erasedBy(
  acts: Iterable<{ readonly number: number; readonly statement: ActStatement }>,
  {
    erasureId,
    request,
    completion = Infinity,
  }: { readonly erasureId: string; readonly request: number; readonly completion?: number },
): ErasedByActs {
  const events: Record<string, Record<string, number>> = {};
  const numbers: number[] = [];
  let archived = 0;
  let total = 0;
  for (const { number, statement } of acts) {
    if (statement.act !== 'erasure' || statement.erasureId !== erasureId) continue;
    if (number <= request || number >= completion) continue;
    numbers.push(number);
    total += Number(statement.events);
    if (statement.counts === undefined) archived += Number(statement.events);
    for (const [month, relations] of Object.entries((statement.counts ?? {}) as CountsByMonth)) {
      const sums = (events[month] ??= {});
      for (const [relation, count = 0] of Object.entries(relations)) sums[relation] = (sums[relation] ?? 0) + count;
    }
  }
  return { events, archived, total, acts: numbers };
}

/**
 * The SHA-256 of a person's id together with the erasure's id. It identifies only a person whose id is known, and links no two erasures. A
 * digest is returned as it is: an erasure of a person whose id is no longer known is repeated under the digest.
 */
export function subjectDigest(erasureId: string, subjectId: string): string {
  return IS_DIGEST.test(subjectId) ? subjectId : digest(`${erasureId}\n${subjectId}`);
}

/** The SHA-256 of ids in ascending order, each followed by a newline, in hexadecimal. The verification computes the same in SQL. */
export function digestOfEvents(eventIds: readonly string[]): string {
  const lines = eventIds.toSorted().map((id) => `${id}\n`);
  return createHash('sha256').update(lines.join('')).digest('hex');
}

function digestsOf({ id, subjectId, requestedBy, reason }: Omit<StatedErasure, 'identifiers' | 'salt'>): {
  readonly subject: string;
  readonly asked: string;
} {
  return { subject: subjectDigest(id, subjectId), asked: digest(`${id}\n${canonicalJson({ requestedBy, reason })}`) };
}

function digestOfIdentifiers({ salt, identifiers }: Pick<StatedErasure, 'identifiers' | 'salt'>): string {
  return digest(salt, canonicalJson(identifiers));
}

function digest(...parts: readonly (string | Uint8Array)[]): string {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return `sha256:${hash.digest('hex')}`;
}

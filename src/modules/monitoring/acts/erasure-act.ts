import { hash } from 'node:crypto';
import { canonicalJson, type JsonObject } from '../../../audit/plain.js';
import type { ActStatement } from './act-note.js';

const IS_DIGEST = /^sha256:[0-9a-f]{64}$/;

/** A request to erase, as its row of `audit_erasure` stores it. Acts must not name persons, so acts state only digests of this. */
export interface StatedErasure {
  readonly id: string;
  readonly subjectId: string;
  readonly requestedBy: JsonObject;
  readonly reason: string;
  /** Deleted with the salt once the erasure is complete. Without the salt, the act cannot confirm a guessed identifier. */
  readonly identifiers: readonly string[];
  readonly salt: Uint8Array;
}

/** What the act of a request states beside the digests. Times are RFC 3339, UTC. */
interface StatedRequest {
  readonly dryRun: boolean;
  readonly requestedAt: string;
  readonly startsAt: string;
  /** The events to erase. Present only if the request repeats an erasure that a restore undid. */
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

/** A request as the act states it: the erasure's id, and the fields that are not digests. */
export interface ErasureRequest extends Omit<StatedRequest, 'eventIds'> {
  readonly erasureId: string;
  /** Whether the request repeats an erasure that a restore undid. */
  readonly isReplay: boolean;
}

/** Returns the request that an act states; `undefined` for an act of another kind. */
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
 * Returns the difference between an erasure's row and the act of its request; `undefined` if they agree.
 *
 * @param erasure the row; once the erasure is complete, without identifiers and salt
 */
export function contradictionOf(
  erasure: Omit<StatedErasure, 'identifiers' | 'salt'> & Partial<Pick<StatedErasure, 'identifiers' | 'salt'>>,
  statement: JsonObject,
): string | undefined {
  const { type, id } = Object(erasure.requestedBy) as Partial<JsonObject>; // the row may contain any JSON
  if (typeof type !== 'string' || typeof id !== 'string') return 'its requester is missing';
  const { subject, asked } = digestsOf({ ...erasure, requestedBy: { type, id } });
  if (statement.erasureId !== erasure.id) return 'its act belongs to another erasure';
  if (statement.subject !== subject) return 'its act names another person';
  if (statement.asked !== asked) return 'its act states another requester or reason';
  const { identifiers, salt } = erasure;
  if (!identifiers || !salt) return undefined;
  if (statement.identifiersDigest === digestOfIdentifiers({ identifiers, salt })) return undefined;
  return 'its act states other identifiers';
}

/**
 * Makes the statement of the act that completes an erasure. The statement has the number of the act that requested it. Unless the request was a dry run, the statement also has
 * the count of erased events, and the SHA-256 of the certificate in hexadecimal.
 */
export function completionStatement(
  erasureId: string,
  request: number,
  done?: { readonly events: number; readonly certificate: string },
): ActStatement {
  const stated = done ? { events: done.events, certificate: digestOfCertificate(done.certificate) } : {};
  return { act: 'erasure_completion', erasureId, request, ...stated };
}

/** Returns the SHA-256 of a signed certificate, in hexadecimal. */
export function digestOfCertificate(certificate: string): string {
  return hash('sha256', certificate, 'hex');
}

/** Counts of events by month (`2026-11`, UTC) and by their relation to the person. */
export type CountsByMonth = Readonly<Record<string, Readonly<Partial<Record<string, number>>>>>;

/**
 * Makes the statement of an act that erased events: the erasure's id, the count of the events, and the digest of the events' ids.
 *
 * @param counts the counts of the events by month and relation; absent for events in archives
 */
export function erasureStatement(erasureId: string, eventIds: readonly string[], counts?: CountsByMonth): ActStatement {
  const stated = { events: eventIds.length, eventsDigest: digestOfEvents(eventIds) };
  return { act: 'erasure', erasureId, ...stated, ...(counts ? { counts: counts as JsonObject } : {}) };
}

/** What the acts of one erasure erased in sum. */
export interface ErasedByActs {
  readonly events: CountsByMonth;
  readonly archived: number;
  readonly total: number;
  readonly acts: readonly number[];
}

/**
 * Adds up the acts that erased events for a request.
 *
 * @param of `request`: the number of the request's act; `completion`: of the act that completed the request, if it is complete
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
 * Returns the SHA-256 of a person's id with the erasure's id. Only readers who have the person's id can identify the person by the digest,
 * and no two erasures of a person share it. Returns a digest unchanged, so that an erasure can be repeated when the person's id is lost.
 */
export function subjectDigest(erasureId: string, subjectId: string): string {
  return IS_DIGEST.test(subjectId) ? subjectId : digest(`${erasureId}\n${subjectId}`);
}

/** Returns the SHA-256, in hexadecimal, of ids in ascending order, each with a newline. `verify` computes the same digest in SQL. */
export function digestOfEvents(eventIds: readonly string[]): string {
  const lines = eventIds.toSorted().map((id) => `${id}\n`);
  return hash('sha256', lines.join(''), 'hex');
}

function digestsOf({ id, subjectId, requestedBy, reason }: Omit<StatedErasure, 'identifiers' | 'salt'>) {
  return { subject: subjectDigest(id, subjectId), asked: digest(`${id}\n${canonicalJson({ requestedBy, reason })}`) };
}

function digestOfIdentifiers({ salt, identifiers }: Pick<StatedErasure, 'identifiers' | 'salt'>): string {
  return digest(Buffer.concat([salt, Buffer.from(canonicalJson(identifiers))]));
}

function digest(content: string | Uint8Array): string {
  return `sha256:${hash('sha256', content, 'hex')}`;
}

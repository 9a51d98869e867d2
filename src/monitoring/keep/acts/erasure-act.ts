import { hash } from 'node:crypto';
import type { JsonObject } from '../../../audit/nest-free.js';
import { canonicalJson } from '../../../base/json/canonical-json.js';
import type { ActStatement } from './act-note.js';

const DIGEST_PATTERN = /^sha256:[0-9a-f]{64}$/;

/**
 * A request to erase, as its row of `audit_erasure` stores it. An act must not name a person, so the act contains only digests of these
 * fields.
 */
export interface ErasureStatement {
  readonly id: string;
  readonly subjectId: string;
  readonly requestedBy: JsonObject;
  readonly reason: string;
  /** Deleted with the salt once the erasure is complete. Without the salt, nobody can test a guessed identifier against the act. */
  readonly identifiers: readonly string[];
  readonly salt: Uint8Array;
}

/** Times are RFC 3339, UTC. */
interface ErasureRequestStatement {
  readonly dryRun: boolean;
  readonly requestedAt: string;
  readonly startsAt: string;
  /** The events to erase. Present only if the request repeats an erasure that a restore undid. */
  readonly eventIds?: readonly string[] | undefined;
}

export function buildRequestStatement(
  erasure: ErasureStatement,
  { dryRun, requestedAt, startsAt, eventIds }: ErasureRequestStatement,
): ActStatement {
  return {
    act: 'erasure_request',
    erasureId: erasure.id,
    ...digestRequest(erasure),
    identifiers: erasure.identifiers.length,
    identifiersDigest: digestIdentifiers(erasure),
    dryRun,
    requestedAt,
    startsAt,
    ...(eventIds ? { events: eventIds.length, eventsDigest: digestEventIds(eventIds) } : {}),
  };
}

/** A request as the act states it: the erasure's id, and the fields that are not digests. */
export interface ErasureRequest extends Omit<ErasureRequestStatement, 'eventIds'> {
  readonly erasureId: string;
  /** Whether the request repeats an erasure that a restore undid. */
  readonly isReplay: boolean;
}

/** Returns the request that an act states; `undefined` for an act of another kind. */
export function parseErasureRequest(statement: ActStatement): ErasureRequest | undefined {
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
export function findContradiction(
  erasure: Omit<ErasureStatement, 'identifiers' | 'salt'> & Partial<Pick<ErasureStatement, 'identifiers' | 'salt'>>,
  statement: JsonObject,
): string | undefined {
  const { type, id } = Object(erasure.requestedBy) as Partial<JsonObject>; // the row may contain any JSON
  if (typeof type !== 'string' || typeof id !== 'string') return 'its requester is missing';
  const { subject, asked: requested } = digestRequest({ ...erasure, requestedBy: { type, id } });
  if (statement.erasureId !== erasure.id) return 'its act belongs to another erasure';
  if (statement.subject !== subject) return 'its act names another person';
  if (statement.asked !== requested) return 'its act states another requester or reason';
  const { identifiers, salt } = erasure;
  if (!identifiers || !salt) return undefined;
  if (statement.identifiersDigest === digestIdentifiers({ identifiers, salt })) return undefined;
  return 'its act states other identifiers';
}

/**
 * Makes the statement of the act that completes an erasure. The statement contains the number of the request's act. Unless the request was
 * a dry run, the statement also has the count of erased events, and the SHA-256 of the certificate in hexadecimal.
 */
export function buildCompletionStatement(
  erasureId: string,
  request: number,
  done?: { readonly events: number; readonly certificate: string },
): ActStatement {
  const stated = done ? { events: done.events, certificate: digestCertificate(done.certificate) } : {};
  return { act: 'erasure_completion', erasureId, request, ...stated };
}

/** Returns the SHA-256 of a signed certificate, in hexadecimal. */
export function digestCertificate(certificate: string): string {
  return hash('sha256', certificate, 'hex');
}

/** Counts of events by month (`2026-11`, UTC) and by their relation to the person. */
export type CountsByMonth = Readonly<Record<string, Readonly<Partial<Record<string, number>>>>>;

/**
 * Makes the statement of an act that erases events.
 *
 * @param counts the counts of the events by month and relation; absent for events in archives
 */
export function buildErasureStatement(
  erasureId: string,
  eventIds: readonly string[],
  counts?: CountsByMonth,
): ActStatement {
  const stated = { events: eventIds.length, eventsDigest: digestEventIds(eventIds) };
  return { act: 'erasure', erasureId, ...stated, ...(counts ? { counts: counts as JsonObject } : {}) };
}

export interface ErasedByActs {
  readonly events: CountsByMonth;
  readonly archived: number;
  readonly total: number;
  readonly acts: readonly number[];
}

/**
 * Adds up the acts that erased events for a request.
 *
 * @param of `request` and `completion`: the numbers of the acts that requested and completed the erasure; without `completion`, all later
 *   acts count
 */
export function collectErased(
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
 * Returns the SHA-256 of the erasure's id and the person's id. Only a reader who knows the person's id can find the person by the digest.
 * Two erasures of the same person have different digests. If `subjectId` is already a digest, returns it unchanged, so that an erasure can
 * be repeated without the person's id.
 */
export function digestSubject(erasureId: string, subjectId: string): string {
  return DIGEST_PATTERN.test(subjectId) ? subjectId : sha256Base64(`${erasureId}\n${subjectId}`);
}

/** Returns the SHA-256, in hexadecimal, of ids in ascending order, each with a newline. `verify` computes the same digest in SQL. */
export function digestEventIds(eventIds: readonly string[]): string {
  const lines = eventIds.toSorted().map((id) => `${id}\n`);
  return hash('sha256', lines.join(''), 'hex');
}

function digestRequest({ id, subjectId, requestedBy, reason }: Omit<ErasureStatement, 'identifiers' | 'salt'>) {
  return {
    subject: digestSubject(id, subjectId),
    asked: sha256Base64(`${id}\n${canonicalJson({ requestedBy, reason })}`),
  };
}

function digestIdentifiers({ salt, identifiers }: Pick<ErasureStatement, 'identifiers' | 'salt'>): string {
  return sha256Base64(Buffer.concat([salt, Buffer.from(canonicalJson(identifiers))]));
}

function sha256Base64(content: string | Uint8Array): string {
  return `sha256:${hash('sha256', content, 'hex')}`;
}

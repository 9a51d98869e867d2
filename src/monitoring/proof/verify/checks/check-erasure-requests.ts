import type { JsonObject } from '../../../../audit/nest-free.js';
import {
  findContradiction,
  collectErased,
  parseErasureRequest,
  type ErasureRequest,
} from '../../../keep/acts/erasure-act.js';
import { createFirstIdAt } from '../../../store/id-time.js';
import type { LedgerRow } from '../../../store/ledger-row.js';
import type { LedgerSession } from '../../../store/sessions/ledger-session.js';
import { tableCheck, type CheckResult } from '../check.js';
import type { Finding } from '../finding.js';
import { checkActs, type TrustedAct } from './check-acts.js';

const REQUESTS = 'audit_erasure';
/** Trust `until`, `finishedAt` and `held` of a certificate only if the certificate's digest matches the act. */
const ROWS = `
  SELECT id::text, subject, requested_by, reason, act::text, encode(sha256(convert_to(certificate, 'UTF8')), 'hex') AS certificate,
         substring(certificate FROM '"until":"([0-9a-f-]{36})"') AS until, substring(certificate FROM '"held":([0-9]+)') AS held,
         substring(certificate FROM '"finishedAt":"([^"]+)"') AS "finishedAt", digest
    FROM ${REQUESTS} LEFT JOIN audit_erasure_digests() ON erasure_id = id ORDER BY id`;
/** An OR condition would read every event, so the actor and the resource each use an index. */
const COUNT_LEFTOVERS = `
  SELECT count(*)::int AS events FROM (
    SELECT id FROM audit_event WHERE actor_id = $1 AND id < $2::uuid AND personal_salt IS NOT NULL
    UNION
    SELECT id FROM audit_event WHERE resource_type = 'user' AND resource_id = $1 AND id < $2::uuid AND personal_salt IS NOT NULL
       AND type <> 'audit_subject_erased') AS of`;

interface CheckedRequests extends CheckResult {
  /** The numbers of the acts of requested erasures that are neither completed nor withdrawn. */
  readonly openActs: ReadonlySet<number>;
}

/**
 * Compares the requests of erasures with the acts. Each row must match the act of the request, and have the certificate that the act of
 * completion states. Each act of a request must have a row. Each completion must state the number of events that the acts of its erasure
 * state. Warns of open requests, with their age, and of events that still have a personal part.
 */
export const checkErasureRequests = tableCheck<CheckedRequests>({ openActs: new Set() }, async (tables, run) => {
  const { nowMs } = run.log;
  const { acts } = await run.of(checkActs);
  const ledger = [...acts.values()].toSorted((one, other) => one.number - other.number);
  const requests = new Map<string, TrustedAct & ErasureRequest>();
  const completions = new Map<string, TrustedAct>();
  const findings: Finding[] = [];
  for (const act of ledger) {
    const { act: name, erasureId: id } = act.statement;
    const erasureId = typeof id === 'string' ? id : '';
    const request = parseErasureRequest(act.statement);
    if (request) {
      requests.set(erasureId, { ...act, ...request });
      completions.delete(erasureId); // a new request repeats the erasure, so the earlier completion does not count
    } else if (name === 'erasure_withdrawal') requests.delete(erasureId);
    else if (name === 'erasure_completion') {
      completions.set(erasureId, act);
      const of = { erasureId, request: Number(act.statement.request), completion: act.number };
      const { events = 0 } = act.statement;
      if (collectErased(ledger, of).total !== events)
        findings.push(
          toRequestFinding(
            act,
            'erasure_altered',
            of.erasureId,
            'its number of events differs from the number in the acts',
          ),
        );
    }
  }
  const left: string[] = [];
  const openIds = new Set<unknown>([...requests.keys()].filter((id) => !completions.has(id)));
  const open = [...requests]
    .filter(([id, { startsAt }]) => openIds.has(id) && Date.parse(startsAt) <= nowMs)
    .map(([id, { startsAt }]) => describeOpen(id, startsAt, nowMs));
  for (const row of await tables.rows(ROWS)) {
    const id = String(row.id);
    const request = requests.get(id);
    requests.delete(id);
    if (request) {
      const completion = completions.get(id);
      findings.push(...checkRow(row, request, completion));
      if (completion && row.certificate === completion.statement.certificate)
        left.push(...(await findLeftovers(tables, row)));
    } else findings.push({ kind: 'erasure_forged', table: REQUESTS, what: `${id}: no signed act requested it` });
  }
  for (const [id, act] of requests)
    findings.push(toRequestFinding(act, 'erasure_altered', id, 'an act requested it, but its row is missing'));
  const openActs = ledger.filter(({ statement }) => openIds.has(statement.erasureId)).map(({ number }) => number);
  return { findings, warnings: [...open, ...left], openActs: new Set(openActs) };
});

/** Returns a warning if events of an erased person were not in the ledger during the erasure, and have a personal part. */
async function findLeftovers(tables: LedgerSession, erasure: LedgerRow): Promise<readonly string[]> {
  // `until` follows the clock that is furthest ahead, so ids of events after the erasure may be smaller than `until`.
  const finishedAt = new Date(String(erasure.finishedAt));
  const until = typeof erasure.until === 'string' ? [erasure.until] : [];
  const [before = null] = [
    ...until,
    ...(Number.isNaN(finishedAt.getTime()) ? [] : [createFirstIdAt(finishedAt)]),
  ].toSorted();
  const [left] = await tables.rows(COUNT_LEFTOVERS, [erasure.subject, before]);
  const more = Number(left?.events) - Number(erasure.held);
  if (!(more > 0)) return [];
  return [
    `${more} event(s) from before the erasure ${String(erasure.id)} still have a personal part, because these events were not in the ledger during the erasure. Erase the person again.`,
  ];
}

function checkRow(row: LedgerRow, request: TrustedAct, completion: TrustedAct | undefined): readonly Finding[] {
  const id = String(row.id);
  const stated = {
    id,
    subjectId: String(row.subject),
    requestedBy: row.requested_by as JsonObject, // the value may have any shape, because only its digest is compared
    reason: String(row.reason),
  };
  const other = findContradiction(stated, request.statement);
  if (other !== undefined) return [toRequestFinding(request, 'erasure_altered', id, other)];
  if (!completion && row.digest !== request.statement.identifiersDigest)
    return [toRequestFinding(request, 'erasure_altered', id, 'its act states other identifiers, or another salt')];
  if (Number(row.act) !== request.number)
    return [toRequestFinding(request, 'erasure_altered', id, 'its row names an act that did not request it')];
  if ((row.certificate ?? undefined) === completion?.statement.certificate) return [];
  const what = completion
    ? 'its certificate differs from the act of its completion'
    : 'it has a certificate, but no act completed it';
  return [toRequestFinding(completion ?? request, completion ? 'erasure_altered' : 'erasure_forged', id, what)];
}

function toRequestFinding(
  { number, eventId }: TrustedAct,
  kind: 'erasure_altered' | 'erasure_forged',
  id: string,
  what: string,
): Finding {
  return { kind, table: REQUESTS, eventId, what: `${id}, act ${number}: ${what}` };
}

function describeOpen(id: string, startsAt: string, nowMs: number): string {
  const minutes = Math.floor((nowMs - Date.parse(startsAt)) / 60_000);
  const age =
    minutes < 120
      ? `${minutes} minute(s)`
      : minutes < 2_880
        ? `${Math.floor(minutes / 60)} hours`
        : `${Math.floor(minutes / 1_440)} days`;
  return `The erasure ${id} has been open for ${age}. GET /audit/erasures/${id} shows what it waits for.`;
}

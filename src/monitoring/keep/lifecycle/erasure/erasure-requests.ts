import { randomBytes } from 'node:crypto';
import { uuidv7 } from 'uuidv7';
import type { AuditSubject } from '../../../../audit/index.js';
import { parseAct, hashAct, type ActStatement } from '../../acts/act-note.js';
import {
  buildCompletionStatement,
  findContradiction,
  parseErasureRequest,
  digestEventIds,
  collectErased,
  buildRequestStatement,
  type ErasureRequest,
  type ErasureStatement,
} from '../../acts/erasure-act.js';
import { readState, signState } from '../../acts/signed-state.js';
import { recordAct } from '../../acts/store-act.js';
import type { StatementSigner } from '../../../proof/log/notes/statement.js';
import { undefinedIfRejected } from '../../../errors/undefined-if-rejected.js';
import type { CheckpointTrust } from '../../../proof/log/notes/checkpoint.js';
import type { LedgerQueries, LedgerSession, LedgerTransactions } from '../../../store/sessions/ledger-session.js';
import type { LedgerRow } from '../../../store/ledger-row.js';
import { SELECT_EVENTS_ABOUT } from './erase-page.js';
import { findPendingChangesProblem, findParkedProblem, readOpenTransactions } from './pending-transactions.js';
import { awaitSealed } from '../../../store/await-sealed.js';
import { FIRST_ID, LAST_ID } from '../../../store/id-time.js';
import { TIMING } from '../../../store/timing.js';
import type { VerifiedAct, VerifiedActs } from '../verified-acts.js';
import type { Erasure } from './erasure.dto.js';
import type { Person } from './match-identifiers.js';
import {
  INITIAL_PROGRESS,
  type ErasureOptions,
  type ErasureProgress,
  type ErasureRequester,
} from './erasure-progress.js';
import { lifecycleErrors } from '../../../errors/keep.errors.js';

export interface RequestAct extends ErasureRequest {
  readonly number: number;
  readonly statement: ActStatement;
}

/** A stored erasure, with all values that are needed to resume it. The row of the erasure matches the act that requested it. */
export interface ErasureRecord extends ErasureProgress, Omit<Erasure, keyof ErasureProgress | 'problem'> {
  readonly problem?: string | undefined;
  readonly request: number;
  /** Empty when the erasure is done. */
  readonly identifiers: readonly string[];
  /** Whether the erasure repeats an undone erasure. A repeated erasure covers the events in `audit_erasure_list`. */
  readonly isReplay: boolean;
}

/** The changes of a stored erasure. `undefined` removes a value. */
export type ErasureChange = Partial<ErasureProgress> & { readonly problem?: undefined; readonly certificate?: string };

interface ErasureRow extends Omit<ErasureStatement, 'identifiers' | 'salt'> {
  /** The identifiers; `null` after the erasure is completed. The salt is then also `null`. */
  readonly identifiers: readonly string[] | null;
  readonly salt: Uint8Array | null;
  readonly progress?: string | null;
  readonly problem?: string | null;
  readonly certificate?: string | null;
}

const COLUMNS =
  'id, subject AS "subjectId", identifiers, salt, requested_by AS "requestedBy", reason, erasure.act, progress, certificate, problem';
const INSERT_ERASURE = `
  INSERT INTO audit_erasure (id, subject, identifiers, salt, requested_by, reason, act) VALUES ($1, $2, $3, $4, $5, $6, $7)
  ON CONFLICT (id) DO UPDATE SET subject = EXCLUDED.subject, identifiers = EXCLUDED.identifiers, salt = EXCLUDED.salt,
    requested_by = EXCLUDED.requested_by, reason = EXCLUDED.reason, act = EXCLUDED.act, progress = NULL, certificate = NULL, problem = NULL`;
const INSERT_LIST = `
  INSERT INTO audit_erasure_list (erasure_id, event_id) SELECT $1, unnest($2::uuid[]) ON CONFLICT DO NOTHING`;
const UPDATE_ERASURE = `
  UPDATE audit_erasure
     SET progress = $2, certificate = $3, problem = $4,
         identifiers = CASE WHEN NOT $5::boolean THEN identifiers END, salt = CASE WHEN NOT $5::boolean THEN salt END
   WHERE id = $1 RETURNING id`;
const SELECT_NEWEST_ACT = 'SELECT note FROM audit_act ORDER BY number DESC LIMIT 1';
const SELECT_BY_ID = `SELECT ${COLUMNS} FROM audit_erasure erasure WHERE id = $1::uuid`;
const SELECT_WITH_ACT = `
  SELECT ${COLUMNS}, act.note FROM audit_erasure erasure LEFT JOIN audit_act act ON act.number = erasure.act`;

/**
 * Requests an erasure. Stores the signed act, the act's event and the erasure's row in one transaction. Rejects with the errors of the
 * PostgreSQL client.
 *
 * @param replayed the id and the events of the erasure to repeat, which a restore of the database has undone
 * @throws `AUDIT_REQUEST_INVALID` for an id that nothing has
 */
export async function planErasure(
  session: LedgerSession,
  { id: subjectId, identifiers = [] }: AuditSubject,
  { by, reason, dryRun = false, startsAt }: ErasureOptions,
  signer: StatementSigner,
  replayed?: { readonly id: string; readonly eventIds: readonly string[] },
): Promise<ErasureRecord> {
  if (replayed === undefined) await assertKnownSubject(session, { subjectId, identifiers });
  const { id, eventIds } = replayed ?? { id: uuidv7() };
  const [now, salt, requestedBy] = [new Date(), randomBytes(16), { type: by.type, id: by.id }];
  const times = { requestedAt: now.toISOString(), startsAt: (startsAt ?? now).toISOString() };
  const erasure = { id, subjectId, identifiers, reason, requestedBy, salt };
  const statement = buildRequestStatement(erasure, { dryRun, eventIds, ...times });
  return session.inTransaction(async () => {
    const { number } = await recordAct(session, { statement, signer, actor: by });
    await session.rows(INSERT_ERASURE, [id, subjectId, identifiers, salt, JSON.stringify(requestedBy), reason, number]);
    if (eventIds) await session.rows(INSERT_LIST, [id, eventIds]);
    const request = { erasureId: id, dryRun, ...times, isReplay: eventIds !== undefined, number, statement };
    return toErasureRecord(erasure, request, signer.trust);
  });
}

/**
 * Refuses an id that no event has, such as a name or an e-mail address: an erasure of nobody would look like one of the person.
 *
 * @throws `AUDIT_REQUEST_INVALID` if neither a sealed nor a waiting event has the id, and there are no identifiers to search
 */
async function assertKnownSubject(session: LedgerSession, person: Person): Promise<void> {
  const { subjectId: id, identifiers } = person;
  if (identifiers.length > 0) return;
  const isKnown = async () => (await session.rows(SELECT_EVENTS_ABOUT, [id, FIRST_ID, LAST_ID, 1])).length > 0;
  if ((await isKnown()) || (await awaitSealed(session, TIMING.questionMs)) !== undefined || (await isKnown())) return;
  const { horizon } = await readOpenTransactions(session);
  const waiting =
    (await findParkedProblem(session, person)) ?? (await findPendingChangesProblem(session, person, horizon));
  if (waiting !== undefined) return;
  throw lifecycleErrors.AUDIT_REQUEST_INVALID.erasure([
    `no event is by or about the id ${id}. A search for the person shows the id in the events (u-1, not user/u-1); give that id, and names and addresses as identifiers. If only archives, other tables or an open transaction have ${id}, give it as an identifier, too`,
  ]);
}

/**
 * Lets a planned erasure begin now. Stores a new act, which repeats the request with the present time as its start. Rejects with the error
 * of the PostgreSQL client.
 */
export async function releaseErasure(
  session: LedgerTransactions,
  id: string,
  signer: StatementSigner,
  acts: VerifiedActs,
): Promise<void> {
  await session.inTransaction(async () => {
    const planned = openRequests((await acts.follow(session)).values()).find(({ erasureId }) => erasureId === id);
    const now = new Date();
    if (!planned || Date.parse(planned.startsAt) <= now.getTime()) return;
    await readErasure(session, planned, acts.trust);
    const statement = { ...planned.statement, startsAt: now.toISOString() };
    const { number } = await recordAct(session, { statement, signer, actor: SYSTEM_ACTOR });
    await session.rows('UPDATE audit_erasure SET act = $2, progress = NULL WHERE id = $1', [id, number]);
  });
}

/**
 * Withdraws a planned erasure. Returns `false` if the erasure has already begun, or does not exist. Rejects with the errors of the
 * PostgreSQL client.
 */
export async function withdrawErasure(
  session: LedgerTransactions,
  id: string,
  signer: StatementSigner,
  acts: VerifiedActs,
): Promise<boolean> {
  return session.inTransaction(async () => {
    const followed = await acts.follow(session);
    const planned = openRequests(followed.values()).find(({ erasureId }) => erasureId === id);
    if (!planned || collectErased(followed.values(), { erasureId: id, request: planned.number }).total > 0)
      return false;
    const removed = await session.rows('DELETE FROM audit_erasure WHERE id = $1 AND progress IS NULL RETURNING id', [
      id,
    ]);
    if (removed.length === 0) return false;
    await recordAct(session, {
      statement: { act: 'erasure_withdrawal', erasureId: id },
      signer,
      actor: SYSTEM_ACTOR,
    });
    return true;
  });
}

/** Returns the requests of erasures that were neither withdrawn nor completed, oldest first. */
export function openRequests(acts: Iterable<VerifiedAct>): readonly RequestAct[] {
  const open = new Map<unknown, RequestAct>();
  for (const act of acts) {
    const { act: name, erasureId } = act.statement;
    const request = parseRequestAct(act);
    if (request) open.set(erasureId, request);
    if (name === 'erasure_withdrawal' || name === 'erasure_completion') open.delete(erasureId);
  }
  return [...open.values()];
}

/**
 * Reads the erasure that belongs to the act `request`. Rejects with the error of the PostgreSQL client.
 *
 * @throws `AUDIT_ACTS_CONTRADICTED` if the erasure's row is missing, or differs from the act
 */
export async function readErasure(
  session: LedgerQueries,
  request: RequestAct,
  trust: CheckpointTrust,
): Promise<ErasureRecord> {
  const { erasureId: id, number } = request;
  const [row] = await session.rows(SELECT_BY_ID, [id]);
  if (!row)
    throw lifecycleErrors.AUDIT_ACTS_CONTRADICTED(
      `the row of the erasure ${id}, which act ${number} requested, is missing`,
    );
  return toErasureRecord(row as unknown as ErasureRow, request, trust); // the columns' types
}

/**
 * Finds an erasure in any state. Rejects with the error of the PostgreSQL client.
 *
 * @throws `AUDIT_ACTS_CONTRADICTED` if no act requests the erasure, or its row contradicts the act
 */
export async function findErasure(
  session: LedgerQueries,
  id: string,
  trust: CheckpointTrust,
): Promise<ErasureRecord | undefined> {
  const [row] = await session.rows(`${SELECT_WITH_ACT} WHERE id = $1::uuid`, [id]);
  return row && toVerifiedRecord(row, trust);
}

/** Returns the completed erasures of a person, oldest first. Leaves out rows that contradict the acts; `verify` reports such rows. */
export async function listErasures(
  session: LedgerQueries,
  subjectId: string,
  trust: CheckpointTrust,
): Promise<readonly ErasureRecord[]> {
  const rows = await session.rows(`${SELECT_WITH_ACT} WHERE subject = $1 AND certificate IS NOT NULL ORDER BY id`, [
    subjectId,
  ]);
  return rows.flatMap((row) => undefinedIfRejected(() => toVerifiedRecord(row, trust)) ?? []);
}

/**
 * Returns the events that a repeated erasure has to erase. Rejects with the error of the PostgreSQL client.
 *
 * @throws `AUDIT_ACTS_CONTRADICTED` if the list does not match the digest in the act
 */
export async function listedEvents(
  session: LedgerQueries,
  { number, erasureId, statement }: RequestAct,
): Promise<readonly string[]> {
  const rows = await session.rows('SELECT event_id FROM audit_erasure_list WHERE erasure_id = $1', [erasureId]);
  const eventIds = rows.map((row) => String(row.event_id));
  if (digestEventIds(eventIds) === statement.eventsDigest) return eventIds;
  throw lifecycleErrors.AUDIT_ACTS_CONTRADICTED(`the list of events to erase does not match act ${number}`);
}

/** Signs and stores the progress of an erasure. Rejects with the error of the PostgreSQL client. */
export async function changeErasure(
  session: LedgerQueries,
  record: ErasureRecord,
  change: ErasureChange,
  signer: StatementSigner,
): Promise<ErasureRecord> {
  const changed = { ...record, ...change };
  const { id, request, certificate, problem, state, startedAt, finishedAt, until, horizon, transactions } = changed;
  const { position, counts, remnants, checkpointBefore, eventId } = changed;
  const [newest] = await session.rows(SELECT_NEWEST_ACT);
  const newestAct = newest && hashAct(String(newest.note));
  const places = { until, horizon, transactions, position, checkpointBefore, eventId, newestAct };
  const progress = { state, startedAt, finishedAt, counts, remnants, ...places };
  const note = await signState(signer, 'erasure-progress', { ...progress, erasureId: id, request });
  const rows = await session.rows(UPDATE_ERASURE, [id, note, certificate, problem, state === 'done']);
  if (rows.length === 0) throw lifecycleErrors.AUDIT_ACTS_CONTRADICTED(`the row of the erasure ${id} is missing`);
  return changed;
}

/** Stores the reason why an erasure waits or failed. */
export async function noteProblem(session: LedgerQueries, id: unknown, problem: string): Promise<void> {
  await session.rows('UPDATE audit_erasure SET problem = $2 WHERE id = $1', [id, problem]);
}

/**
 * Signs and stores the completion of an erasure, in the caller's transaction.
 *
 * @param events the number of events that the acts of the erasure erased; absent for a dry run
 */
export async function completeErasure(
  session: LedgerQueries,
  record: ErasureRecord,
  change: ErasureChange,
  signer: StatementSigner,
  events = 0,
): Promise<ErasureRecord> {
  const { certificate } = change;
  const done = certificate === undefined ? undefined : { events, certificate };
  const statement = buildCompletionStatement(record.id, record.request, done);
  await recordAct(session, { statement, signer, actor: SYSTEM_ACTOR });
  await session.rows('DELETE FROM audit_erasure_list WHERE erasure_id = $1', [record.id]);
  return changeErasure(session, record, { ...change, state: 'done', problem: undefined }, signer);
}

export function toErasure(record: ErasureRecord): Erasure {
  const shown = Object.entries(record).filter(([name, value]) => PUBLIC_FIELDS.has(name) && value !== undefined);
  return Object.fromEntries(shown) as unknown as Erasure; // the record has all fields of an Erasure
}

const PUBLIC_FIELDS: ReadonlySet<string> = new Set<keyof Erasure>([
  ...(['id', 'subjectId', 'requestedBy', 'reason', 'dryRun', 'state', 'requestedAt', 'startedAt'] as const),
  ...(['finishedAt', 'counts', 'remnants', 'problem', 'eventId', 'certificate'] as const),
]);

/** The actor of the events that the application itself causes. */
export const SYSTEM_ACTOR = { type: 'system', id: 'erasure' } as const;

function toVerifiedRecord(row: LedgerRow, trust: CheckpointTrust): ErasureRecord {
  const act = parseAct(String(row.note), trust);
  const request = act?.number === Number(row.act) ? parseRequestAct(act) : undefined;
  if (request) return toErasureRecord(row as unknown as ErasureRow, request, trust); // the columns' types
  throw lifecycleErrors.AUDIT_ACTS_CONTRADICTED(`no signed act requested the erasure ${String(row.id)}`);
}

function parseRequestAct({ number, statement }: Pick<VerifiedAct, 'number' | 'statement'>): RequestAct | undefined {
  const request = parseErasureRequest(statement);
  return request && { ...request, number, statement };
}

function toErasureRecord(row: ErasureRow, request: RequestAct, trust: CheckpointTrust): ErasureRecord {
  const { number, statement, dryRun, requestedAt, isReplay } = request;
  const { id, subjectId, requestedBy, reason, identifiers, salt, ...later } = row;
  const progress = typeof later.progress === 'string' ? readProgress(later.progress, request, trust) : INITIAL_PROGRESS;
  const isComplete = identifiers !== null && salt !== null;
  const erasure = { id, subjectId, requestedBy, reason, ...(isComplete ? { identifiers, salt } : {}) };
  const contradiction =
    isComplete || progress.state === 'done' ? findContradiction(erasure, statement) : 'its identifiers are missing';
  if (contradiction !== undefined)
    throw lifecycleErrors.AUDIT_ACTS_CONTRADICTED(`the erasure ${id}, which act ${number} requested: ${contradiction}`);
  return {
    ...progress,
    ...{ id, subjectId, reason, dryRun, requestedAt, isReplay, request: number },
    requestedBy: requestedBy as unknown as ErasureRequester, // the act confirms this value
    ...(typeof later.problem === 'string' ? { problem: later.problem } : {}),
    ...(typeof later.certificate === 'string' ? { certificate: later.certificate } : {}),
    identifiers: identifiers ?? [],
  };
}

function readProgress(note: string, { erasureId: id, number }: RequestAct, trust: CheckpointTrust): ErasureProgress {
  const { erasureId, request, ...progress } = readState(note, 'erasure-progress', trust) ?? {};
  if (erasureId === id && request === number) return progress as unknown as ErasureProgress; // the note is signed, so changeErasure() wrote it
  throw lifecycleErrors.AUDIT_ACTS_CONTRADICTED(`the application did not write the progress of the erasure ${id}`);
}

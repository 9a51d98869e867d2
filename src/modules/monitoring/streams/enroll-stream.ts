import { createHash } from 'node:crypto';
import { canonicalJson, parseJson, type AuditEvent } from '../../../audit/plain.js';
import { streamChange, STREAM_ACT_TYPE, type StreamChange } from '../acts/stream-act.js';
import { eventOfAct, lockActs, signNext, storeAct, type ActSigner } from '../acts/store-act.js';
import type { LedgerQueries, LedgerSession } from '../store/ledger-session.js';
import { destinationTypeOf } from './destinations/destination-types.js';
import { splitSecrets } from './manage/secret-options.js';
import { selectionOf } from './selection.js';
import { StreamUnknownError } from './streams.error.js';
import type { ResolvedStream } from './streams-options.js';

/** Transactions with the rights of `audit_sequencer`. */
export type StreamTransactions = Pick<LedgerSession, 'rows' | 'inTransaction'>;

const FIND = 'SELECT settings FROM audit_stream WHERE name = $1';
const ADD = `
  INSERT INTO audit_stream (name, settings, destination, access, acknowledgement, keeps_events, position, looked, epoch)
  SELECT $1, $2, $3, $4, $5, $6, place, place, 0
    FROM (SELECT CASE WHEN $7 THEN coalesce(max(size), 0) ELSE 0 END AS place FROM audit_checkpoint) AS beginning`;
/** A batch that was frozen may have another body now, as of another format: the next one has an id of its own. */
const ALTER = `
  WITH forgotten AS (DELETE FROM audit_stream_batch WHERE stream = $1)
  UPDATE audit_stream SET settings = $2, destination = $3, access = $4, acknowledgement = $5, keeps_events = $6 WHERE name = $1`;
const LEAD = 'UPDATE audit_stream SET epoch = epoch + 1 WHERE name = $1 RETURNING epoch';

const SYSTEM = { type: 'system', name: 'nestjs-audit-ledger' } as const;

/** Does `work` in a session of its own. */
type UseSession = (work: (session: StreamTransactions) => Promise<void>) => Promise<void>;

/**
 * Stores a stream of the options that is new, or whose options changed, with a signed act.
 *
 * @param session of the leader; no transaction runs in it, since all workers share it
 */
export async function enrollStream(
  session: LedgerQueries,
  stream: ResolvedStream,
  signer: ActSigner,
  useSession: UseSession,
): Promise<void> {
  const [known] = await session.rows(FIND, [stream.name]);
  if (known?.settings === settingsOf(stream)) return;
  const change = known ? 'altered' : 'added';
  await useSession((own) => own.inTransaction(() => storeStream(own, stream, change, { actor: SYSTEM }, signer)));
}

/** Stores a stream that is added or altered, with its signed act, in the session's transaction. */
export async function storeStream(
  session: LedgerQueries,
  stream: ResolvedStream,
  change: 'added' | 'altered',
  actor: StreamActor,
  signer: ActSigner,
): Promise<void> {
  const { name, keepsEvents, from, access } = stream;
  const settings = settingsOf(stream);
  const { describe, acknowledgement } = destinationTypeOf(stream.destination);
  const described = describe(stream.destination);
  const values = [name, settings, described, JSON.stringify(access), acknowledgement, keepsEvents];
  await recordStreamChange(session, { stream: name, change, settings }, actor, signer);
  await (change === 'added' ? session.rows(ADD, [...values, from === 'now']) : session.rows(ALTER, values));
}

/**
 * Begins a new epoch of a stream, which shuts every leader of an earlier one out; resolves with it.
 *
 * @throws StreamUnknownError (`AUDIT_STREAM_UNKNOWN`)
 */
export async function leadStream(session: LedgerQueries, stream: string): Promise<number> {
  const [row] = await session.rows(LEAD, [stream]);
  if (!row) throw new StreamUnknownError(stream);
  return Number(row.epoch);
}

/** By whom, and why, something is done to a stream. */
export interface StreamActor {
  readonly actor: AuditEvent['actor'];
  readonly reason?: string;
}

/** Stores the signed act of a change, in the session's transaction. Call it before anything else of the transaction. */
export async function recordStreamChange(
  session: LedgerQueries,
  change: StreamChange,
  { actor, reason }: StreamActor,
  signer: ActSigner,
): Promise<void> {
  await lockActs(session);
  const act = await signNext(session, { statement: streamChange(change), signer });
  const said = reason === undefined ? {} : { reason };
  await storeAct(session, act, eventOfAct(act, { type: STREAM_ACT_TYPE, severity: 'warning', actor, ...said }));
}

/** SHA-256 of what a stream sends, how, and where. Secrets are left out: they tell nothing of what is sent. */
function settingsOf(stream: ResolvedStream): string {
  const { destination, keepsEvents, batch, eventsPerSecond } = stream;
  const options = {
    ...selectionOf(stream),
    ...splitSecrets({ destination }).shown,
    keepsEvents,
    batch,
    eventsPerSecond,
  };
  const text = canonicalJson(parseJson(JSON.stringify(options))); // without what is undefined
  return createHash('sha256').update(text).digest('base64url');
}

import { createHash } from 'node:crypto';
import { canonicalJson, type AuditEvent } from '../../../audit/plain.js';
import { streamChange, STREAM_ACT_TYPE, type StreamChange } from '../acts/stream-act.js';
import { eventOfAct, lockActs, signNext, storeAct, type ActSigner } from '../acts/store-act.js';
import type { LedgerSession } from '../store/ledger-session.js';
import { destinationTypeOf } from './destinations/destination-types.js';
import { selectionOf } from './selection.js';
import type { ResolvedStream } from './streams-options.js';

/** Transactions with the rights of `audit_sequencer`. */
export type StreamTransactions = Pick<LedgerSession, 'rows' | 'inTransaction'>;

const FIND = 'SELECT settings FROM audit_stream WHERE name = $1';
const ADD = `
  INSERT INTO audit_stream (name, settings, destination, acknowledgement, keeps_events, position, looked, epoch)
  SELECT $1, $2, $3, $4, $5, place, place, 0
    FROM (SELECT CASE WHEN $6 THEN coalesce(max(size), 0) ELSE 0 END AS place FROM audit_checkpoint) AS beginning`;
const ALTER = `
  UPDATE audit_stream SET settings = $2, destination = $3, acknowledgement = $4, keeps_events = $5 WHERE name = $1`;
const LEAD = 'UPDATE audit_stream SET epoch = epoch + 1 WHERE name = $1 RETURNING epoch';

const SYSTEM = { type: 'system', name: 'nestjs-audit-ledger' } as const;

/**
 * Begins a new epoch of a stream, which shuts every leader of an earlier one out; resolves with it. A stream that is new, or whose options
 * changed, is stored with a signed act.
 */
export async function enrollStream(
  session: StreamTransactions,
  stream: ResolvedStream,
  signer: ActSigner,
): Promise<number> {
  const { name, keepsEvents, from } = stream;
  const settings = settingsOf(stream);
  const { describe, acknowledgement } = destinationTypeOf(stream.destination);
  const values = [name, settings, describe(stream.destination), acknowledgement, keepsEvents];
  const [known] = await session.rows(FIND, [name]);
  if (known?.settings !== settings) {
    await session.inTransaction(async () => {
      const change = { stream: name, change: known ? 'altered' : 'added', settings } as const;
      await recordStreamChange(session, change, { actor: SYSTEM }, signer);
      await session.rows(known ? ALTER : ADD, known ? values : [...values, from === 'now']);
    });
  }
  const [row] = await session.rows(LEAD, [name]);
  return Number(row?.epoch);
}

/** By whom, and why, something is done to a stream. */
export interface StreamActor {
  readonly actor: AuditEvent['actor'];
  readonly reason?: string;
}

/** Stores the signed act of a change, in the session's transaction. Call it before anything else of the transaction. */
export async function recordStreamChange(
  session: Pick<LedgerSession, 'rows'>,
  change: StreamChange,
  { actor, reason }: StreamActor,
  signer: ActSigner,
): Promise<void> {
  await lockActs(session);
  const act = await signNext(session, { statement: streamChange(change), signer });
  const said = reason === undefined ? {} : { reason };
  await storeAct(session, act, eventOfAct(act, { type: STREAM_ACT_TYPE, severity: 'warning', actor, ...said }));
}

/** SHA-256 of what a stream sends, and where. Secrets are left out: they tell nothing of what is sent. */
function settingsOf(stream: ResolvedStream): string {
  const { destination, keepsEvents } = stream;
  const where = destinationTypeOf(destination).describe(destination);
  const text = canonicalJson({ ...selectionOf(stream), destination: where, keepsEvents });
  return createHash('sha256').update(text).digest('base64url');
}

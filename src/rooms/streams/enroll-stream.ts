import type { StatementSigner } from '../../monitoring/proof/log/notes/statement.js';
import type { LedgerQueries } from '../../monitoring/store/sessions/ledger-session.js';
import { destinationTypeOf } from './destinations/destination-types.js';
import { NEWEST_ACT, useStreamsSession, type FollowedStreams, asSystem, recordStreamChange } from './stream-acts.js';
import { sealedSize, beginningAt, signCursor } from './stream-cursor.js';
import { digestOf, selectionOf } from './selection.js';
import type { ResolvedStream } from './streams-options.js';
import { streamsErrors } from './streams.errors.js';
import { shownUrl } from './destinations/network.js';

const FIND = `SELECT name, ${NEWEST_ACT} FROM (VALUES (1)) AS one LEFT JOIN audit_stream ON name = $1`;
const DESCRIBED = '(destination, access, acknowledgement, keeps_events)';
const ADD = `
  INSERT INTO audit_stream (name, destination, access, acknowledgement, keeps_events, state, position, looked, cursor, epoch)
  VALUES ($1, $2, $3, $4, $5, 'active', $6, $6, $7, 0)
      ON CONFLICT (name) DO UPDATE SET ${DESCRIBED} = ROW (EXCLUDED.destination, EXCLUDED.access, EXCLUDED.acknowledgement, EXCLUDED.keeps_events),
         (state, position, looked, cursor, epoch) = ROW (EXCLUDED.state, EXCLUDED.position, EXCLUDED.looked, EXCLUDED.cursor, audit_stream.epoch + 1)`;
/** Begins a new epoch, because the old epoch's leader has the old options. */
const ALTER = `UPDATE audit_stream SET ${DESCRIBED} = ROW ($2, $3::jsonb, $4, $5::boolean), epoch = epoch + 1 WHERE name = $1`;
const LEAD = 'UPDATE audit_stream SET epoch = epoch + 1 WHERE name = $1 RETURNING epoch';

/**
 * Stores a new or changed stream of the options, with a signed act. If the stream's row is gone although no act removed the stream, the stream begins
 * again with the first event.
 *
 * @param session the leader's session: all workers share this session, so the function starts its transaction in another session
 */
export async function enrollStream(
  session: LedgerQueries,
  stream: ResolvedStream,
  acts: FollowedStreams,
): Promise<void> {
  const [row] = await acts.read(() => session.rows(FIND, [stream.name]));
  const stated = acts.stated.get(stream.name);
  const isThere = typeof row?.name === 'string';
  if (isThere && stated?.settings === settingsOf(stream)) return;
  const change = isThere && stated ? 'altered' : 'added';
  const wanted = stated ? { ...stream, from: 'beginning' as const } : stream;
  await useStreamsSession(acts.sequencerUrl, (own) =>
    own.inTransaction(() => storeStream(own, wanted, change, acts.signer)),
  );
}

/** Stores an added or altered stream and its signed act, in the session's transaction. */
async function storeStream(
  session: LedgerQueries,
  stream: ResolvedStream,
  change: 'added' | 'altered',
  signer: StatementSigner,
): Promise<void> {
  const { name, keepsEvents, from, access } = stream;
  const { describe, acknowledgement } = destinationTypeOf(stream.destination);
  const values = [name, describe(stream.destination), JSON.stringify(access), acknowledgement, keepsEvents];
  const facts = { settings: settingsOf(stream), selection: digestOf(selectionOf(stream)), keepsEvents };
  const act = await recordStreamChange(session, { stream: name, change, ...facts }, asSystem(signer));
  if (change === 'altered') {
    await session.rows(ALTER, values);
    return;
  }
  const first = from === 'now' ? await sealedSize(session) : 0;
  const cursor = await signCursor(signer, { stream: name, act }, beginningAt(first));
  await session.rows(ADD, [...values, first, cursor]);
}

/**
 * Begins a new epoch of a stream, so that leaders of earlier epochs cannot change the stream. Resolves with the epoch.
 *
 * @throws `AUDIT_NOT_FOUND`
 */
export async function leadStream(session: LedgerQueries, stream: string): Promise<number> {
  const [row] = await session.rows(LEAD, [stream]);
  if (!row) throw streamsErrors.AUDIT_NOT_FOUND(stream);
  return Number(row.epoch);
}

/** The destination's secrets are left out, because secrets do not change the sent bytes. */
function settingsOf(stream: ResolvedStream): string {
  const { destination, keepsEvents, batch, eventsPerSecond } = stream;
  const { names } = destinationTypeOf(destination);
  const shown = Object.entries(destination).flatMap(([name, value]: readonly [string, unknown]) =>
    names[name] === true ? [[name, shownUrl(value)]] : [],
  );
  const facts = { destination: Object.fromEntries(shown) as object, keepsEvents, batch, eventsPerSecond };
  return digestOf({ ...selectionOf(stream), ...facts });
}

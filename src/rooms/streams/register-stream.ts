import type { LedgerQueries } from '../../monitoring/store/sessions/ledger-session.js';
import { destinationTypeOf, type DestinationOptions } from './destinations/destination-types.js';
import {
  NEWEST_ACT,
  useStreamsSession,
  type FollowedStreams,
  asSystem,
  recordStreamChange,
  type StreamChange,
  type StreamOperator,
} from './stream-acts.js';
import { sealedSize, beginningAt, signCursor } from './stream-cursor.js';
import { digestOf, selectionOf } from './selection.js';
import type { ResolvedStream } from './streams-options.js';
import { streamsErrors } from './streams.errors.js';
import { shownUrl } from './destinations/network.js';

const FIND = `SELECT name, ${NEWEST_ACT} FROM (VALUES (1)) AS one LEFT JOIN audit_stream ON name = $1`;
const DESCRIBED = '(destination, access, acknowledgement, keeps_events)';
const ADD = `
  INSERT INTO audit_stream (name, destination, access, acknowledgement, keeps_events, state, position, looked, cursor, epoch)
  VALUES ($1, $2, $3, $4, $5, $6, $7, $7, $8, 0)
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
    own.inTransaction(() => storeStream(own, wanted, { change }, asSystem(acts.signer))),
  );
}

/** Stores an added or altered stream and its signed act, in the session's transaction. */
export async function storeStream(
  session: LedgerQueries,
  stream: ResolvedStream,
  { change, ...stated }: Pick<StreamChange, 'definition' | 'paused'> & { readonly change: 'added' | 'altered' },
  operator: StreamOperator,
): Promise<void> {
  const { name, keepsEvents, from, access } = stream;
  const { describe, acknowledgement } = destinationTypeOf(stream.destination);
  const values = [name, describe(stream.destination), JSON.stringify(access), acknowledgement, keepsEvents];
  const facts = { settings: settingsOf(stream), selection: digestOf(selectionOf(stream)), keepsEvents, ...stated };
  const act = await recordStreamChange(session, { stream: name, change, ...facts }, operator);
  if (change === 'altered') {
    await session.rows(ALTER, values);
    return;
  }
  const first = from === 'now' ? await sealedSize(session) : 0;
  const cursor = await signCursor(operator.signer, { stream: name, act }, beginningAt(first));
  await session.rows(ADD, [...values, stated.paused ? 'paused' : 'active', first, cursor]);
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
  return digestOf({
    ...selectionOf(stream),
    ...splitSecrets({ destination }).shown,
    keepsEvents,
    batch,
    eventsPerSecond,
  });
}

/** The secret options of a stream, which are encrypted in the database. */
export interface StreamSecrets {
  readonly pseudonymKey?: string;
  readonly destination: Readonly<Record<string, unknown>>;
}

type Options = Readonly<Record<string, unknown>>;

/** Splits the valid options of a stream into secret and other options. */
export function splitSecrets(options: Options): { readonly shown: Options; readonly secrets: StreamSecrets } {
  const { pseudonymKey, destination, ...others } = options;
  const given = Object.entries(Object(destination) as Options); // valid options have a destination
  const { names } = destinationTypeOf(destination as DestinationOptions); // as above
  const isShown = ([name, value]: readonly [string, unknown]): boolean =>
    names[name] === true && shownUrl(value) === value;
  const shown = given.flatMap(([name, value]) => (names[name] === true ? [[name, shownUrl(value)]] : []));
  const secret = given.filter((each) => !isShown(each));
  return {
    shown: { ...others, destination: Object.fromEntries(shown) as Options },
    secrets: {
      ...(typeof pseudonymKey === 'string' ? { pseudonymKey } : {}),
      destination: Object.fromEntries(secret),
    },
  };
}

/**
 * Returns what an error may not repeat. Of a URL, `hideSecrets` masks only the password and the query, so a URL that is a secret option, such as that of
 * a chat room, is returned without its scheme.
 */
export function hiddenIn({ destination, pseudonymKey }: Pick<ResolvedStream, 'destination' | 'pseudonymKey'>): unknown {
  const { secrets } = splitSecrets({ destination, pseudonymKey });
  const { names } = destinationTypeOf(destination);
  const texts = Object.entries(secrets.destination).map(([name, value]) =>
    names[name] === 'secret' && typeof value === 'string' ? value.replace(/^\w+:\/\//, '') : value,
  );
  return [secrets.pseudonymKey, ...texts];
}

/** Joins the options that {@link splitSecrets} split. */
export function joinSecrets(shown: Options, { pseudonymKey, destination }: StreamSecrets): Options {
  return {
    ...shown,
    ...(pseudonymKey === undefined ? {} : { pseudonymKey }),
    destination: { ...(Object(shown.destination) as Options), ...destination },
  };
}

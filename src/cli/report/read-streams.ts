import type { CheckpointTrust } from '../../modules/monitoring/log/notes/checkpoint.js';
import type { LedgerQueries } from '../../modules/monitoring/store/sessions/ledger-session.js';
import { PERSONAL_CHOICES } from '../../modules/streams/personal-choice.js';
import { digestOf, selectionOf } from '../../modules/streams/selection.js';
import { JUDGED, judgeStream, statedStreams } from '../../modules/streams/project-stream-acts.js';
import { hasRoom } from '../../modules/monitoring/store/sessions/has-room.js';
import type { FollowedAct } from '../../modules/monitoring/lifecycle/followed-acts.js';
import { actOf } from '../../modules/monitoring/acts/act-note.js';

export interface StreamFact {
  readonly name: string;
  readonly state: string;
  /** How many places it has sent, signed by the ledger's key. */
  readonly places: number;
  readonly destination: string;
  /** Why its destination may lack some events below these places: a clause. */
  readonly doubt?: string;
}

const ACTS = 'SELECT event_id, note FROM audit_act ORDER BY number, event_id';
const STREAMS = `
  SELECT ${JUDGED}, destination, (SELECT count(*) FROM audit_stream_parked WHERE stream = name)::float8 AS parked
    FROM audit_stream WHERE replay_of IS NULL ORDER BY name`;

/** The statements of a stream that selects every event, for each handling of personal data. */
const WHOLE = PERSONAL_CHOICES.map((personal) =>
  digestOf(selectionOf({ filter: {}, access: { scope: 'all' }, personal })),
);

/** Reads the acts that known keys signed, by their numbers. Verifying shows whether one is missing. Rejects with the client's error. */
export async function readSignedActs(session: LedgerQueries, trust: CheckpointTrust): Promise<readonly FollowedAct[]> {
  return (await session.rows(ACTS)).flatMap(({ event_id: eventId, note }) => {
    const act = actOf(String(note), trust);
    return act ? [{ ...act, note: String(note), eventId: String(eventId) }] : [];
  });
}

/** Reads the streams of the database and of the signed acts, each by its signed facts. Rejects with the client's error. */
export async function readStreams(
  session: LedgerQueries,
  acts: readonly FollowedAct[],
  trust: CheckpointTrust,
  size: number,
): Promise<readonly StreamFact[]> {
  const stated = statedStreams(acts);
  const stored = (await hasRoom(session, 'streams')) ? await session.rows(STREAMS) : [];
  const rows = stored.map((row): StreamFact => {
    const judged = judgeStream(row, stated, trust);
    const of = { name: String(row.name), state: String(row.state), destination: String(row.destination) };
    if (typeof judged === 'string') return { ...of, places: 0, doubt: judged };
    const { act, selection = '' } = judged.stated;
    const isMoved = acts.find(({ number }) => number === act)?.statement.change !== 'added';
    const doubts = [
      ...(WHOLE.includes(selection) ? [] : ['its acts do not say that it sends every event']),
      ...(isMoved ? [`act ${act} moved it to another place`] : []),
      ...(Number(row.parked) > 0 ? [`its destination refused ${String(row.parked)} events`] : []),
    ];
    const places = Math.min(judged.cursor.position, size);
    return { ...of, places, ...(doubts.length > 0 && { doubt: doubts.join(', and ') }) };
  });
  const gone = [...stated].filter(([name, { replay }]) => !replay && !rows.some((row) => row.name === name));
  return [...rows, ...gone.map(([name]) => ({ name, state: 'gone', destination: 'unknown', places: 0 }))];
}

import { parseJson, type JsonObject } from '../../../audit/plain.js';
import type { ActStatement } from './act-note.js';

/** The type of the event by which the changes of streams are in the log. */
export const STREAM_ACT_TYPE = 'audit_stream_changed';

/** The name of these acts. */
export const STREAM_ACT = 'stream_change';

/** What is done to a stream. */
export const STREAM_CHANGES = [
  'added',
  'altered',
  'paused',
  'resumed',
  'ended',
  'retried',
  'dropped',
  'removed',
  'tested',
  'replayed',
  'secret_rotated',
  'secret_dropped',
  'secrets_rekeyed',
] as const;

/** A change of a stream. */
export interface StreamChange {
  readonly stream: string;
  readonly change: (typeof STREAM_CHANGES)[number];
  /** Of `added` and `altered`: the digest of its options, that of what it selects, and whether retention waits for it. */
  readonly settings?: string;
  readonly selection?: string;
  readonly keepsEvents?: boolean;
  /** Of `added`: it rests until it is resumed. */
  readonly paused?: true | undefined;
  /** Of a stream that was made at run time: the digest of its stored definition, which has its encrypted secrets. */
  readonly definition?: string | undefined;
  /** Of `dropped`: the places of the parked events that nobody sends any more. */
  readonly places?: readonly number[];
  /** Of `resumed` from a place, and of `replayed`: the first place that is sent again. */
  readonly first?: number;
  /** Of `replayed`: the last place that is sent again, and the name of the replay. */
  readonly last?: number;
  readonly replay?: string;
}

/** What the act of a change states. */
export function streamChange(change: StreamChange): ActStatement {
  return { ...(parseJson(JSON.stringify(change)) as JsonObject), act: STREAM_ACT }; // an object, without what is undefined
}

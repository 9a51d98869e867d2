import type { ActStatement } from './act-note.js';

/** The type of the event by which the changes of streams are in the log. */
export const STREAM_ACT_TYPE = 'audit_stream_changed';

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
  /** Of `added` and `altered`: the digest of its options. */
  readonly settings?: string;
  /** Of `dropped`: the places of the parked events that nobody sends any more. */
  readonly places?: readonly number[];
  /** Of `resumed` from a place, and of `replayed`: the first place that is sent again. */
  readonly first?: number;
  /** Of `replayed`: the last place that is sent again, and the name of the replay. */
  readonly last?: number;
  readonly replay?: string;
}

/** What the act of a change states. */
export function streamChange({ stream, change, settings, places, first, last, replay }: StreamChange): ActStatement {
  return {
    act: 'stream_change',
    stream,
    change,
    ...(settings === undefined ? {} : { settings }),
    ...(places === undefined ? {} : { places }),
    ...(first === undefined ? {} : { first }),
    ...(last === undefined ? {} : { last }),
    ...(replay === undefined ? {} : { replay }),
  };
}

import { parseJson, type JsonObject } from '../../audit/plain.js';
import type { ActStatement } from '../monitoring/acts/act-note.js';

/** The changes that people make to a stream. */
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
  /** For `added` and `altered`: the digest of its options, that of its selection, and whether retention waits for it. */
  readonly settings?: string;
  readonly selection?: string;
  readonly keepsEvents?: boolean;
  /** For `added`: the stream is paused until somebody resumes it. */
  readonly paused?: true | undefined;
  /** For a stream that was made at run time: the digest of its stored definition, which includes its encrypted secrets. */
  readonly definition?: string | undefined;
  /** For `dropped`: the places of the parked events that will not be sent. */
  readonly places?: readonly number[];
  /** For `resumed` from a place, and for `replayed`: the first place that is sent again. */
  readonly first?: number;
  /** For `replayed`: the last place that is sent again, and the name of the replay. */
  readonly last?: number;
  readonly replay?: string;
}

/** Makes the statement of a change's act. */
export function streamChange(change: StreamChange): ActStatement {
  return { ...(parseJson(JSON.stringify(change)) as JsonObject), act: 'stream_change' }; // an object, without what is undefined
}

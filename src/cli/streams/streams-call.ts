import type { StreamOperator } from '../../modules/streams/register-stream.js';
import { parseSecretsKeys } from '../../modules/streams/manage/secrets-key.js';
import type { StreamMaker } from '../../modules/streams/manage/stored-streams.js';
import type { LedgerSession } from '../../modules/monitoring/store/sessions/ledger-session.js';
import { actSigner } from '../act-signer.js';
import { CallError } from '../call.error.js';
import type { Call, Outcome } from '../define-command.js';
import { flag, text, texts } from '../option-definitions.js';
import { byOption } from '../shared-options.js';

/** How many seconds an event may wait, unless the call says otherwise. */
export const LATE_SECONDS = 300;

/** The options of `streams`. */
export const STREAMS_OPTIONS = {
  seconds: text('<most>', `for lag: how long an event may wait before the exit code is 1; default: ${LATE_SECONDS}`),
  index: texts('<place>', 'the place of a parked event'),
  file: text('<file>', 'for add: the options of the stream as JSON; - is the standard input'),
  paused: flag('for add: add it as paused, so that you can test it first'),
  from: text('<place>', 'for resume and replay: a place, or an RFC 3339 time'),
  to: text('<place>', 'for replay: the last place, or an RFC 3339 time'),
  secretFile: text('<file>', 'for rotate-secret: the file with the new secret; - is the standard input'),
  graceDays: text('<days>', 'for rotate-secret: for how long both secrets sign; default: 7'),
  reason: text('<text>', 'the reason, for the event'),
  by: byOption(),
} as const;

/** A call of `streams` with a session in the ledger. */
export interface StreamsCall extends Call<typeof STREAMS_OPTIONS> {
  readonly session: LedgerSession;
  readonly stream: string;
}

/** The work of an action. */
export type Work = (call: StreamsCall) => Promise<Outcome>;

/** Returns the person who runs the command, with the signer of the act. */
export async function operatorOf({ operator, options, environment }: StreamsCall): Promise<StreamOperator> {
  return { actor: { type: 'admin', name: operator }, reason: options.reason, signer: await actSigner(environment) };
}

/** Returns {@link operatorOf} with the keys that encrypt secrets. */
export async function makerOf(call: StreamsCall): Promise<StreamMaker> {
  return { ...(await operatorOf(call)), keys: parseSecretsKeys(call.environment.AUDIT_STREAM_SECRETS_KEY) };
}

/** Reads a place or a time. @throws CallError for anything else */
export function placeOrTime(option: string, given: string | undefined): number | Date | undefined {
  if (given === undefined) return undefined;
  if (/^\d{1,15}$/.test(given)) return Number(given);
  if (!Number.isNaN(Date.parse(given))) return new Date(given);
  throw CallError.create('streams', [`${option} ${given} is neither a place nor an RFC 3339 time`]);
}

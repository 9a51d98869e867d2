import type { StreamOperator } from '../../modules/streams/enroll-stream.js';
import { parseSecretsKeys } from '../../modules/streams/manage/secrets-key.js';
import type { StreamMaker } from '../../modules/streams/manage/stored-streams.js';
import type { LedgerSession } from '../../modules/monitoring/store/sessions/ledger-session.js';
import { actSigner } from '../act-signer.js';
import { CallError } from '../call.error.js';
import type { Outcome } from '../define-command.js';
import type { CommandEnvironment } from '../key-of-environment.js';

/** A call of `streams` with a session in the ledger. */
export interface StreamsCall {
  readonly session: LedgerSession;
  readonly stream: string;
  readonly reason: string | undefined;
  readonly operator: string;
  readonly index: readonly string[];
  readonly seconds: string;
  readonly environment: CommandEnvironment;
  readonly options: GivenOptions;
}

/** The further options of a {@link StreamsCall}. */
interface GivenOptions {
  readonly file: string | undefined;
  readonly paused: boolean;
  readonly from: string | undefined;
  readonly to: string | undefined;
  readonly secretFile: string | undefined;
  readonly graceDays: string | undefined;
}

/** The work of an action. */
export type Work = (call: StreamsCall) => Promise<Outcome>;

/** Returns the person who runs the command, with the signer of the act. */
export async function operatorOf({ operator, reason, environment }: StreamsCall): Promise<StreamOperator> {
  return { actor: { type: 'admin', name: operator }, reason, signer: await actSigner(environment) };
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

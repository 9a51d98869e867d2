import { parseVerifierKey } from '../../proof/log/notes/note-signer.js';
import { hasCode } from '../../../audit/plain.js';

/** A witness that cosigns checkpoints (`tlog-witness`). */
export interface WitnessOptions {
  /** The verifier key of the witness's cosignatures, `<name>+<id>+<key>`. The witness's operator publishes this key. */
  readonly verifierKey: string;
  /** The base URL of the witness, which tlog-witness calls the submission prefix. Checkpoints are posted to `<url>/add-checkpoint`. */
  readonly url: string;
}

/** The destinations of checkpoints outside the database. */
export interface PublishingOptions {
  /**
   * A file to which published checkpoints are appended. An appended checkpoint is durable, and is never rewritten. Use a file on another
   * machine, or on append-only storage.
   */
  readonly checkpointFile?: string | undefined;
  /** An http or https URL to which published checkpoints are posted, as `text/plain`. */
  readonly checkpointWebhook?: string | undefined;
  /**
   * The key of the HMAC-SHA-256 over the body of each request to `checkpointWebhook`. The header `x-audit-signature: sha256=<hex>` contains
   * the HMAC. The secret has at least 32 characters.
   */
  readonly checkpointWebhookSecret?: string | undefined;
  /** The interval at which the newest checkpoint is published while the ledger grows, in seconds: 1 to 86,400. @defaultValue 10 */
  readonly checkpointIntervalSeconds?: number;
  /** The witnesses, each with its verifier key and its URL. @defaultValue [] */
  readonly witnesses?: readonly WitnessOptions[];
  /** How many witnesses must cosign a checkpoint before it is served; 0 for none. Default: more than half of the witnesses. */
  readonly witnessQuorum?: number | undefined;
}

export type ResolvedPublishingOptions = Required<Pick<PublishingOptions, 'checkpointIntervalSeconds' | 'witnesses'>> & {
  readonly witnessQuorum: number;
} & Pick<PublishingOptions, 'checkpointFile' | 'checkpointWebhook' | 'checkpointWebhookSecret'>;

export const PUBLISHING_OPTIONS = Symbol.for('nestjs-audit-ledger:publishing-options');

const LEAST_SECRET_CHARACTERS = 32;
const MOST_INTERVAL_SECONDS = 86_400;

/** Fills in the defaults. Adds the problems of the options to `problems`, without secrets. */
export function resolvePublishingOptions(options: PublishingOptions, problems: string[]): ResolvedPublishingOptions {
  const { checkpointFile, checkpointWebhook, checkpointWebhookSecret } = options;
  const { checkpointIntervalSeconds = 10, witnesses = [] } = options;
  if (checkpointFile === '') problems.push('checkpointFile must be a non-empty path');
  if (checkpointWebhook !== undefined && !isHttpUrl(checkpointWebhook)) {
    problems.push('checkpointWebhook must be an http or https URL');
  }
  if (checkpointWebhookSecret !== undefined && checkpointWebhookSecret.length < LEAST_SECRET_CHARACTERS) {
    problems.push(`checkpointWebhookSecret is shorter than ${LEAST_SECRET_CHARACTERS} characters`);
  }
  if (checkpointWebhookSecret !== undefined && checkpointWebhook === undefined) {
    problems.push('checkpointWebhookSecret is set, but checkpointWebhook is not');
  }
  if (!(checkpointIntervalSeconds >= 1 && checkpointIntervalSeconds <= MOST_INTERVAL_SECONDS)) {
    problems.push(`checkpointIntervalSeconds is ${String(checkpointIntervalSeconds)}, not from 1 to 86,400`);
  }
  const listed: unknown = witnesses; // plain JavaScript may pass any value
  if (!Array.isArray(listed)) problems.push('witnesses must be a list');
  const names = new Set(
    (Array.isArray(listed) ? witnesses : []).flatMap((witness, nth) => checkWitness(witness, nth, problems) ?? []),
  );
  const { witnessQuorum = names.size === 0 ? 0 : Math.floor(names.size / 2) + 1 } = options;
  if (!Number.isInteger(witnessQuorum) || witnessQuorum < 0 || witnessQuorum > names.size) {
    problems.push(
      `witnessQuorum is ${String(witnessQuorum)}, not a whole number from 0 to ${names.size}, the number of witnesses`,
    );
  }
  const destinations = { checkpointFile, checkpointWebhook, checkpointWebhookSecret, witnesses };
  return { ...destinations, checkpointIntervalSeconds, witnessQuorum };
}

function checkWitness({ verifierKey, url }: WitnessOptions, nth: number, problems: string[]): string | undefined {
  if (!isHttpUrl(url)) problems.push(`the url of witness ${nth + 1} must be an http or https URL`);
  try {
    const { name, type } = parseVerifierKey(verifierKey);
    if (type === 'cosignature') return name;
    problems.push(`the verifierKey of witness ${nth + 1} is the key of a log, not of a witness`);
  } catch (error) {
    if (!hasCode(error, 'AUDIT_NOTE_KEY_INVALID')) throw error;
    problems.push(`the verifierKey of witness ${nth + 1} must be <name>+<id>+<key>`);
  }
  return undefined;
}

function isHttpUrl(url: string): boolean {
  return URL.canParse(url) && ['http:', 'https:'].includes(new URL(url).protocol);
}

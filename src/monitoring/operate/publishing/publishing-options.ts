import { z } from 'zod';
import {
  optionsSchema,
  PATH,
  valueOption,
  wholeNumber,
  typedInput,
  type RawOptions,
  type ResolvedOptions,
} from '../../../audit/option-schemas.js';
import { hasCode } from '../../../audit/nest-free.js';
import { parseVerifierKey } from '../../proof/log/notes/note-signer.js';

const HTTP_URL = valueOption<string>(
  (url) => typeof url === 'string' && URL.canParse(url) && ['http:', 'https:'].includes(new URL(url).protocol),
  'must be an http or https URL',
);

const VERIFIER_KEY = 'must be <name>+<id>+<key>';

const WITNESS = {
  /** The verifier key of the witness's cosignatures, `<name>+<id>+<key>`. The witness's operator publishes this key. */
  verifierKey: z.string(VERIFIER_KEY).superRefine((key, context) => {
    const problem = findKeyProblem(key);
    if (problem !== undefined) context.addIssue(problem);
  }),
  /** The base URL of the witness, which tlog-witness calls the submission prefix. Checkpoints are posted to `<url>/add-checkpoint`. */
  url: HTTP_URL,
};

/** A witness that cosigns checkpoints (`tlog-witness`). */
export interface WitnessOptions extends RawOptions<typeof WITNESS> {}

export const PUBLISHING = {
  /**
   * A file to which published checkpoints are appended. An appended checkpoint is durable, and is never rewritten. Use a file on another
   * machine, or on append-only storage. Set this when an auditor must find out whether your own administrators rewrote the database.
   */
  checkpointFile: PATH.optional(),
  /**
   * An http or https URL to which published checkpoints are posted, as `text/plain`. Set this when a partner or a second company keeps your
   * checkpoints, and you share no file system.
   */
  checkpointWebhook: HTTP_URL.optional(),
  /**
   * The interval at which the newest checkpoint is published while the ledger grows, in seconds: 1 to 86,400. Set this when a witness limits
   * your requests, for example to one a minute.
   */
  checkpointIntervalSeconds: wholeNumber(1, 86_400).default(10),
  /** The witnesses, each with its verifier key and its URL. Set this when you must prove to others that each of them sees the same ledger. */
  witnesses: typedInput<readonly WitnessOptions[]>()(
    z.array(optionsSchema(WITNESS, 'must be { verifierKey, url }'), 'must be a list').readonly(),
  ).default([]),
  /**
   * How many witnesses must cosign a checkpoint before it is served; 0 for none. Default: more than half of the witnesses. Set this when an
   * agreement names another number, for example two of five witnesses.
   */
  witnessQuorum: wholeNumber(0, 1_000).optional(),
};

/** The destinations of checkpoints outside the database. */
export interface PublishingOptions extends RawOptions<typeof PUBLISHING> {}

/** The options with their defaults. */
export interface ResolvedPublishingOptions extends ResolvedOptions<typeof PUBLISHING> {
  readonly witnessQuorum: number;
}

export const PUBLISHING_OPTIONS = Symbol.for('nestjs-audit-ledger:publishing-options');

/** Returns the number of witnesses. Two keys with one name are one witness. */
export function countWitnesses(witnesses: readonly WitnessOptions[]): number {
  return new Set(witnesses.map(({ verifierKey }) => parseVerifierKey(verifierKey).name)).size;
}

function findKeyProblem(key: string): string | undefined {
  try {
    return parseVerifierKey(key).type === 'cosignature' ? undefined : 'is the key of a log, not of a witness';
  } catch (error) {
    if (hasCode(error, 'AUDIT_NOTE_KEY_INVALID')) return VERIFIER_KEY;
    throw error;
  }
}

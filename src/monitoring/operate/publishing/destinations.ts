import { getErrorMessage, type AuditError } from '../../../audit/nest-free.js';
import { hideSecrets } from '../../errors/hide-secrets.js';
import { ledgerErrors } from '../../errors/ledger.errors.js';
import { isSameHash } from '../../proof/log/merkle/hashes.js';
import type { TreeHead } from '../../proof/log/merkle/verify-consistency.js';
import type { SignedCheckpoint } from '../../proof/log/notes/checkpoint.js';
import { encodeBase64, parseDecimal } from '../../proof/log/notes/encoding.js';
import type { NoteVerifier } from '../../proof/log/notes/note-signer.js';
import {
  parseNote,
  parseSignatureLines,
  filterVerifiedSignatures,
  type NoteSignature,
} from '../../proof/log/notes/signed-note.js';
import { proveConsistency } from '../../proof/log/tiles/prove-inclusion.js';
import type { TileReader } from '../../proof/log/tiles/tile-reader.js';
import { ok, off, type Verdict } from '../../store/check.js';
import { appendNote } from './note-file.js';

/** A destination outside the database to which checkpoints are sent. */
export interface CheckpointDestination {
  /** The destination's name in logs and in `/health`, without secrets. */
  readonly name: string;
  /** Whether {@link send} recognizes a checkpoint that has arrived before. If so, a new leader sends the newest checkpoint again. */
  readonly isIdempotent: boolean;
  /**
   * Resolves when the checkpoint has arrived. Rejects on a failure, after which the caller retries.
   *
   * @param sent the last checkpoint that arrived, if known
   */
  send(checkpoint: SignedCheckpoint, signal: AbortSignal, sent: TreeHead | undefined): Promise<void>;
}

/** The options that name destinations. */
export interface PublishingDestinations {
  readonly witnesses?: readonly unknown[];
  readonly checkpointFile?: string | undefined;
  readonly checkpointWebhook?: string | undefined;
}

/** Judges whether somebody outside the database gets the checkpoints. */
export function assessPublishing({
  witnesses = [],
  checkpointFile,
  checkpointWebhook,
}: PublishingDestinations): Verdict {
  if (witnesses.length > 0) return ok(`Witnesses that cosign checkpoints: ${witnesses.length}.`);
  const place = checkpointFile ?? (checkpointWebhook === undefined ? undefined : 'a webhook');
  if (place !== undefined) return ok(`Checkpoints are published to ${place}.`);
  return off(
    'Checkpoints stay only in the database, so the holder of the key can rewrite the history of the ledger.',
    {},
    'Set checkpointFile to a file on another machine, checkpointWebhook, or witnesses.',
  );
}

/** Appends signed notes to a file, each with an empty line after it. A note is on disk when `send` resolves, and is never rewritten. */
export function fileDestination(path: string): CheckpointDestination {
  return { name: 'file', isIdempotent: true, send: ({ note }) => appendNote(path, note) };
}

/**
 * Posts checkpoints to a URL. A status from 200 to 299 acknowledges a checkpoint. On a failure, `send` rejects with
 * `AUDIT_CHECKPOINT_UNPUBLISHED`.
 */
export function webhookDestination(url: string): CheckpointDestination {
  const name = 'webhook';
  return {
    name,
    isIdempotent: false,
    send: async ({ note }, signal) => {
      const { status } = await postText(url, note, signal).catch((cause: unknown) => {
        throw ledgerErrors.AUDIT_CHECKPOINT_UNPUBLISHED.destination(name, describeHttpFailure(cause, url), { cause });
      });
      if (status < 200 || status > 299)
        throw ledgerErrors.AUDIT_CHECKPOINT_UNPUBLISHED.destination(name, `it responded with status ${status}`);
    },
  };
}

const RETRIED = 'The ledger retries. If the failure persists, contact the operator of the witness';
const OTHER_LEDGER_ADVICE =
  'It has seen another ledger under this name. Run nestjs-audit-ledger verify to find out whether the history was rewritten. ' +
  'If you adopted a restored backup, agree on a new origin with the operator of the witness';

interface WitnessSettings {
  readonly url: string;
  readonly verifier: NoteVerifier;
  readonly readTile: TileReader;
  /** Returns this ledger's verifier key. Error messages contain the key for the witness's operator. */
  readonly verifierOfLog: () => string;
  readonly keep: (size: number, cosignature: NoteSignature) => Promise<void>;
}

/** Sends checkpoints to one witness and stores the cosignatures (protocol `tlog-witness`). */
export class WitnessDestination implements CheckpointDestination {
  readonly name: string;
  readonly isIdempotent = false;

  constructor(private readonly options: WitnessSettings) {
    this.name = `witness ${options.verifier.name} ${options.verifier.keyId.toString(16).padStart(8, '0')}`;
  }

  /**
   * Resolves when the witness's cosignatures are stored. If the witness's last size is unknown, first sends a request with size 0. The
   * response to this request contains the witness's last size.
   *
   * @throws `AUDIT_CHECKPOINT_UNPUBLISHED`, and the errors of `readTile` and `keep`
   */
  async send(checkpoint: SignedCheckpoint, signal: AbortSignal, sent: TreeHead | undefined): Promise<void> {
    const { size, rootHash } = checkpoint;
    const isBefore = sent && (sent.size < size || (sent.size === size && isSameHash(sent.rootHash, rootHash)));
    let response = await this.submit(checkpoint, isBefore ? sent.size : 0, signal);
    if (response.status === 409) {
      const cosignedSize = parseWitnessConflict(response.body);
      if (cosignedSize === undefined) throw this.refusal('its response 409 contains no size', RETRIED);
      if (cosignedSize > size) {
        throw this.refusal(
          `it has cosigned size ${cosignedSize}, and this ledger has size ${size}`,
          OTHER_LEDGER_ADVICE,
        );
      }
      response = await this.submit(checkpoint, cosignedSize, signal);
    }
    for (const cosignature of this.read(response, checkpoint)) await this.options.keep(size, cosignature);
  }

  private async submit({ size, note }: SignedCheckpoint, oldSize: number, signal: AbortSignal): Promise<HttpResponse> {
    const consistency = await proveConsistency(oldSize, size, this.options.readTile);
    const body = formatAddCheckpoint({ oldSize, consistency, checkpoint: note });
    try {
      return await postText(`${this.options.url.replace(/(?<!\/)\/+$/, '')}/add-checkpoint`, body, signal);
    } catch (error) {
      throw this.refusal(describeHttpFailure(error, this.options.url), RETRIED, error);
    }
  }

  private read({ status, body }: HttpResponse, { note }: SignedCheckpoint): readonly NoteSignature[] {
    if (status !== 200) throw this.refusal(`it responded with status ${status}`, this.nextAfter(status));
    try {
      const cosignatures = filterVerifiedSignatures(parseNote(note).text, parseSignatureLines(body), [
        this.options.verifier,
      ]);
      if (cosignatures.length > 0) return cosignatures;
    } catch (error) {
      throw this.refusal('its response contains no valid cosignature', RETRIED, error);
    }
    throw this.refusal(
      'its response contains no cosignature of the configured key',
      "Correct the witness's verifier key",
    );
  }

  private nextAfter(status: number): string {
    if (status === 404)
      return `Have the operator of the witness add this ledger, with the verifier key ${this.options.verifierOfLog()}`;
    if (status === 403) {
      return `The witness does not trust this ledger's key: have its operator add the verifier key ${this.options.verifierOfLog()}`;
    }
    return status === 422 ? OTHER_LEDGER_ADVICE : RETRIED;
  }

  private refusal(seen: string, next: string, cause?: unknown): AuditError {
    return ledgerErrors.AUDIT_CHECKPOINT_UNPUBLISHED.witness(
      `the witness ${this.options.verifier.name}`,
      seen,
      next,
      cause,
    );
  }
}

/**
 * Formats the request of a log to a witness (tlog-witness, `add-checkpoint`).
 *
 * @param request the size of the last checkpoint that the witness cosigned, the consistency proof from that size, and the signed note
 */
export function formatAddCheckpoint(request: {
  readonly oldSize: number;
  readonly consistency: readonly Uint8Array[];
  readonly checkpoint: string;
}): string {
  const { oldSize, consistency, checkpoint } = request;
  return `old ${oldSize}\n${consistency.map((hash) => `${encodeBase64(hash)}\n`).join('')}\n${checkpoint}`;
}

/** Parses a witness's response 409: the size of the last checkpoint that the witness cosigned; `undefined` for another text. */
export function parseWitnessConflict(body: string): number | undefined {
  return body.endsWith('\n') ? parseDecimal(body.slice(0, -1)) : undefined;
}

const MAX_RESPONSE_BYTES = 64 * 1024;

interface HttpResponse {
  readonly status: number;
  /** At most 64 KiB. */
  readonly body: string;
}

/**
 * Posts a text and reads the response, without following redirects. Rejects if the response is longer than 64 KiB, or if `signal` is
 * aborted.
 */
async function postText(url: string, body: string, signal: AbortSignal): Promise<HttpResponse> {
  const response = await fetch(url, {
    method: 'POST',
    body,
    headers: { 'content-type': 'text/plain; charset=utf-8' },
    redirect: 'manual',
    signal,
  });
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of (response.body ?? []) as AsyncIterable<Uint8Array>) {
    // A body of `fetch` consists of such chunks.
    bytes += chunk.length;
    if (bytes > MAX_RESPONSE_BYTES) throw new Error(`its answer is longer than ${MAX_RESPONSE_BYTES} bytes`);
    chunks.push(chunk);
  }
  return { status: response.status, body: Buffer.concat(chunks).toString('utf8') };
}

/**
 * Describes why a request failed, as a clause. The message of a `fetch` error is only "fetch failed", and the `cause` of the error contains
 * the reason. The URL, which may be secret, is hidden.
 */
function describeHttpFailure(error: unknown, url: string): string {
  const { cause } = Object(error) as { readonly cause?: unknown }; // any value may be thrown
  return hideSecrets(getErrorMessage(cause instanceof Error ? cause : error), url);
}

import type { TreeHead } from '../../proof/log/merkle/verify-consistency.js';
import { isSameHash } from '../../proof/log/merkle/hashes.js';
import type { NoteVerifier } from '../../proof/log/notes/note-signer.js';
import {
  parseNote,
  parseSignatureLines,
  verifiedSignatures,
  type NoteSignature,
} from '../../proof/log/notes/signed-note.js';
import { formatAddCheckpoint, parseWitnessConflict } from './witness-messages.js';
import { proveConsistency } from '../../proof/log/tiles/prove-inclusion.js';
import type { TileReader } from '../../proof/log/tiles/tile-reader.js';
import type { SignedCheckpoint } from '../../proof/log/notes/checkpoint.js';
import type { CheckpointDestination } from './destinations.js';
import { describeHttpFailure, postText, type HttpResponse } from './post-text.js';
import { ledgerErrors } from '../../errors/ledger.errors.js';
import { type AuditError } from '../../../audit/nest-free.js';

const RETRIED = 'The ledger retries. If the failure persists, contact the operator of the witness';
const OTHER_LEDGER =
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
   * @throws `AUDIT_WITNESS_REFUSED`, and the errors of `readTile` and `keep`
   */
  async send(checkpoint: SignedCheckpoint, signal: AbortSignal, sent: TreeHead | undefined): Promise<void> {
    const { size, rootHash } = checkpoint;
    const isBefore = sent && (sent.size < size || (sent.size === size && isSameHash(sent.rootHash, rootHash)));
    let response = await this.submit(checkpoint, isBefore ? sent.size : 0, signal);
    if (response.status === 409) {
      const cosignedSize = this.conflictOf(response);
      if (cosignedSize > size) {
        throw this.refusal(`it has cosigned size ${cosignedSize}, and this ledger has size ${size}`, OTHER_LEDGER);
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

  private conflictOf({ body }: HttpResponse): number {
    try {
      return parseWitnessConflict(body);
    } catch (error) {
      throw this.refusal('its response 409 contains no size', RETRIED, error);
    }
  }

  private read({ status, body }: HttpResponse, { note }: SignedCheckpoint): readonly NoteSignature[] {
    if (status !== 200) throw this.refusal(`it responded with status ${status}`, this.nextAfter(status));
    try {
      const cosignatures = verifiedSignatures(parseNote(note).text, parseSignatureLines(body), [this.options.verifier]);
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
    return status === 422 ? OTHER_LEDGER : RETRIED;
  }

  private refusal(seen: string, next: string, cause?: unknown): AuditError {
    return ledgerErrors.AUDIT_WITNESS_REFUSED(`the witness ${this.options.verifier.name}`, seen, next, cause);
  }
}

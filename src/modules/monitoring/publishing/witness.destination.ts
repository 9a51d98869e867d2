import type { TreeHead } from '../log/merkle/verify-consistency.js';
import { isSameHash } from '../log/merkle/hashes.js';
import type { NoteVerifier } from '../log/notes/note-signer.js';
import { addSignatures, parseSignatureLines, type NoteSignature } from '../log/notes/signed-note.js';
import { cosignaturesOf, formatAddCheckpoint, parseWitnessConflict } from '../log/notes/witnesses.js';
import { proveConsistency } from '../log/tiles/prove-inclusion.js';
import type { TileReader } from '../log/tiles/tile-reader.js';
import type { SignedCheckpoint } from '../log/notes/checkpoint.js';
import type { CheckpointDestination } from './destinations.js';
import { describeHttpFailure, postText, type HttpAnswer } from './post-text.js';
import { WitnessRefusedError } from './publishing.error.js';

const ASK_AGAIN = 'It is asked again; if it stays so, see with its operator that it works';
const OTHER_LEDGER =
  'It has seen another ledger under this name: find out by nestjs-audit-ledger verify whether the history was rewritten; ' +
  'after an adopted restore, agree with its operator on a new origin';

interface WitnessSettings {
  readonly url: string;
  readonly verifier: NoteVerifier;
  readonly readTile: TileReader;
  /** The verifier key that the witness's operator needs, for messages. */
  readonly verifierOfLog: () => string;
  readonly keep: (size: number, cosignature: NoteSignature) => Promise<void>;
}

/** Lets one witness cosign checkpoints, by the protocol `tlog-witness`. */
export class WitnessDestination implements CheckpointDestination {
  readonly name: string;
  readonly isIdempotent = false;

  constructor(private readonly options: WitnessSettings) {
    this.name = `witness ${options.verifier.name} ${options.verifier.keyId.toString(16).padStart(8, '0')}`;
  }

  /**
   * Resolves when its cosignatures are stored. If nothing is known of what it cosigned, a first request from size 0 finds out.
   *
   * @throws WitnessRefusedError (`AUDIT_WITNESS_REFUSED`); what the reader of tiles and `keep` reject with
   */
  async send(checkpoint: SignedCheckpoint, signal: AbortSignal, sent: TreeHead | undefined): Promise<void> {
    const { size, rootHash } = checkpoint;
    const isBefore = sent && (sent.size < size || (sent.size === size && isSameHash(sent.rootHash, rootHash)));
    let answer = await this.submit(checkpoint, isBefore ? sent.size : 0, signal);
    if (answer.status === 409) {
      const cosignedSize = this.conflictOf(answer);
      if (cosignedSize > size) {
        throw this.refusal(`it has cosigned size ${cosignedSize}, and this ledger has size ${size}`, OTHER_LEDGER);
      }
      answer = await this.submit(checkpoint, cosignedSize, signal);
    }
    for (const cosignature of this.read(answer, checkpoint)) await this.options.keep(size, cosignature);
  }

  private async submit({ size, note }: SignedCheckpoint, oldSize: number, signal: AbortSignal): Promise<HttpAnswer> {
    const consistency = await proveConsistency(oldSize, size, this.options.readTile);
    const body = formatAddCheckpoint({ oldSize, consistency, checkpoint: note });
    try {
      return await postText(`${this.options.url.replace(/\/+$/, '')}/add-checkpoint`, body, signal);
    } catch (error) {
      throw this.refusal(describeHttpFailure(error, this.options.url), ASK_AGAIN, error);
    }
  }

  private conflictOf({ body }: HttpAnswer): number {
    try {
      return parseWitnessConflict(body);
    } catch (error) {
      throw this.refusal('its answer 409 has no size', ASK_AGAIN, error);
    }
  }

  private read({ status, body }: HttpAnswer, { note }: SignedCheckpoint): readonly NoteSignature[] {
    if (status !== 200) throw this.refusal(`it answered ${status}`, this.nextAfter(status));
    try {
      const own = parseSignatureLines(body).filter(
        ({ name, keyId }) => name === this.options.verifier.name && keyId === this.options.verifier.keyId,
      );
      const cosignatures = cosignaturesOf(addSignatures(note, own), [this.options.verifier]);
      if (cosignatures.length > 0) return cosignatures;
    } catch (error) {
      throw this.refusal('its answer holds no right cosignature', ASK_AGAIN, error);
    }
    throw this.refusal('its answer holds no cosignature of the configured key', "Correct the witness's verifier key");
  }

  private nextAfter(status: number): string {
    if (status === 404)
      return `Have its operator add this ledger, with the verifier key ${this.options.verifierOfLog()}`;
    if (status === 403) {
      return `It does not trust this ledger's key: have its operator add the verifier key ${this.options.verifierOfLog()}`;
    }
    return status === 422 ? OTHER_LEDGER : ASK_AGAIN;
  }

  private refusal(seen: string, next: string, cause?: unknown): WitnessRefusedError {
    return new WitnessRefusedError(`the witness ${this.options.verifier.name}`, seen, next, cause);
  }
}

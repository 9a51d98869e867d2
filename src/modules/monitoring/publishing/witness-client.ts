import { isSameHash } from '../log/merkle/hashes.js';
import type { NoteVerifier } from '../log/notes/note-signer.js';
import { addSignatures, parseSignatureLines, type NoteSignature } from '../log/notes/signed-note.js';
import { cosignaturesOf, formatAddCheckpoint, parseWitnessConflict } from '../log/notes/witnesses.js';
import { proveConsistency } from '../log/tiles/prove.js';
import type { TileReader } from '../log/tiles/tile-reader.js';
import type { PublishableCheckpoint } from './checkpoint-destination.js';
import { describeHttpFailure, postText, type HttpAnswer } from './post-text.js';
import { WitnessRefusedError } from './publishing.error.js';

/** The last checkpoint that a witness is known to have cosigned. */
export interface CosignedHead {
  readonly size: number;
  readonly rootHash: Uint8Array;
}

const ASK_AGAIN = 'It is asked again; if it stays so, see with its operator that it works';
const OTHER_LEDGER =
  'It has seen another ledger under this name: find out by nestjs-audit-ledger verify whether the history was rewritten; ' +
  'after an adopted restore, agree with its operator on a new origin';

/** Asks one witness for cosignatures, by the protocol `tlog-witness`. */
export class WitnessClient {
  /** @param url the submission prefix; @param verifierOfLog what the witness's operator needs, for messages */
  constructor(
    private readonly url: string,
    private readonly verifier: NoteVerifier,
    private readonly readTile: TileReader,
    private readonly verifierOfLog: () => string,
  ) {}

  /**
   * Requests the witness's cosignatures on a checkpoint; resolves with at least one.
   *
   * @param known what it cosigned last; if unknown, a first request from size 0 finds out
   * @throws WitnessRefusedError (`AUDIT_WITNESS_REFUSED`); what the reader of tiles rejects with
   */
  async cosign(
    checkpoint: PublishableCheckpoint,
    known: CosignedHead | undefined,
    signal: AbortSignal,
  ): Promise<readonly NoteSignature[]> {
    const isUsable = known !== undefined && this.isBefore(known, checkpoint);
    const oldSize = isUsable ? known.size : 0;
    const first = await this.submit(checkpoint, oldSize, signal);
    if (first.status !== 409) return this.read(first, checkpoint);
    const cosignedSize = this.conflictOf(first);
    if (cosignedSize > checkpoint.size) {
      throw this.refusal(
        `it has cosigned size ${cosignedSize}, and this ledger has size ${checkpoint.size}`,
        OTHER_LEDGER,
      );
    }
    return this.read(await this.submit(checkpoint, cosignedSize, signal), checkpoint);
  }

  private isBefore(known: CosignedHead, { size, rootHash }: PublishableCheckpoint): boolean {
    return known.size < size || (known.size === size && isSameHash(known.rootHash, rootHash));
  }

  private async submit(
    { size, note }: PublishableCheckpoint,
    oldSize: number,
    signal: AbortSignal,
  ): Promise<HttpAnswer> {
    const consistency = await proveConsistency(oldSize, size, this.readTile);
    const body = formatAddCheckpoint({ oldSize, consistency, checkpoint: note });
    try {
      return await postText(`${this.url.replace(/\/+$/, '')}/add-checkpoint`, body, signal);
    } catch (error) {
      throw this.refusal(describeHttpFailure(error, this.url), ASK_AGAIN, error);
    }
  }

  private conflictOf({ body }: HttpAnswer): number {
    try {
      return parseWitnessConflict(body);
    } catch (error) {
      throw this.refusal('its answer 409 has no size', ASK_AGAIN, error);
    }
  }

  private read({ status, body }: HttpAnswer, { note }: PublishableCheckpoint): readonly NoteSignature[] {
    if (status !== 200) throw this.refusal(`it answered ${status}`, this.nextAfter(status));
    try {
      const own = parseSignatureLines(body).filter(
        ({ name, keyId }) => name === this.verifier.name && keyId === this.verifier.keyId,
      );
      const cosignatures = cosignaturesOf(addSignatures(note, own), [this.verifier]);
      if (cosignatures.length > 0) return cosignatures;
    } catch (error) {
      throw this.refusal('its answer holds no right cosignature', ASK_AGAIN, error);
    }
    throw this.refusal('its answer holds no cosignature of the configured key', "Correct the witness's verifier key");
  }

  private nextAfter(status: number): string {
    if (status === 404) return `Have its operator add this ledger, with the verifier key ${this.verifierOfLog()}`;
    if (status === 403) {
      return `It does not trust this ledger's key: have its operator add the verifier key ${this.verifierOfLog()}`;
    }
    return status === 422 ? OTHER_LEDGER : ASK_AGAIN;
  }

  private refusal(seen: string, next: string, cause?: unknown): WitnessRefusedError {
    return new WitnessRefusedError(`the witness ${this.verifier.name}`, seen, next, cause);
  }
}

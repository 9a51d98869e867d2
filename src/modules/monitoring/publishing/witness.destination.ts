import type { NoteVerifier } from '../log/notes/note-signer.js';
import { formatSignatureLine } from '../log/notes/signed-note.js';
import type { CheckpointDestination, PublishableCheckpoint } from './checkpoint-destination.js';
import type { PublicationRecords } from './publication-records.service.js';
import type { WitnessClient } from './witness-client.js';

/** Lets one witness cosign checkpoints, and stores its cosignatures. */
export class WitnessDestination implements CheckpointDestination {
  readonly name: string;
  readonly isIdempotent = false;

  constructor(
    private readonly verifier: NoteVerifier,
    private readonly client: WitnessClient,
    private readonly records: PublicationRecords,
  ) {
    this.name = `witness ${verifier.name} ${verifier.keyId.toString(16).padStart(8, '0')}`;
  }

  /** Resolves when the cosignature is stored. @throws WitnessRefusedError (`AUDIT_WITNESS_REFUSED`) */
  async send(checkpoint: PublishableCheckpoint, signal: AbortSignal): Promise<void> {
    const known = (await this.records.all()).get(this.name);
    const cosignatures = await this.client.cosign(checkpoint, known, signal);
    for (const cosignature of cosignatures) {
      await this.records.keepCosignature(checkpoint.size, cosignature, formatSignatureLine(cosignature));
    }
  }
}

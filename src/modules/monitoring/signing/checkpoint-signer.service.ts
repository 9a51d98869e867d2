import { Inject, Injectable, Logger, type OnModuleInit } from '@nestjs/common';
import type { TreeHead } from '../log/merkle/verify-consistency.js';
import { signCheckpoint, type Checkpoint, type CheckpointTrust } from '../log/notes/checkpoint.js';
import { signNote } from '../log/notes/signed-note.js';
import { LastSignedFile } from './last-signed.js';
import { makeKeyFile, readKeyFile, type SigningKeys } from './signing-key-file.js';
import { SIGNING_OPTIONS, type SigningOptions } from './signing-options.js';
import { SigningKeyMissingError } from './signing.error.js';

/** Signs checkpoints with the key of the key file. */
@Injectable()
export class CheckpointSigner implements OnModuleInit {
  private readonly logger = new Logger('AuditLedger');
  private keys: SigningKeys | undefined;
  /** The last checkpoint that was signed with the key, kept outside the database. */
  readonly lastSigned: LastSignedFile;

  constructor(@Inject(SIGNING_OPTIONS) private readonly options: SigningOptions) {
    this.lastSigned = new LastSignedFile(options.signingKeyFile);
  }

  /**
   * Reads the key file; outside production, creates it if it is missing.
   *
   * @throws SigningKeyMissingError (`AUDIT_SIGNING_KEY_MISSING`) with NODE_ENV=production, SigningKeyInvalidError
   *   (`AUDIT_SIGNING_KEY_INVALID`): the boot stops
   */
  async onModuleInit(): Promise<void> {
    const { signingKeyFile, origin } = this.options;
    try {
      this.keys = await readKeyFile(signingKeyFile, origin);
    } catch (error) {
      if (!(error instanceof SigningKeyMissingError) || process.env.NODE_ENV === 'production') throw error;
      if (await makeKeyFile(signingKeyFile, origin)) {
        this.logger.warn(
          `Made the key ${signingKeyFile}, which signs the ledger's checkpoints. With NODE_ENV=production no key is made: make it with nestjs-audit-ledger keygen, and set the option signingKeyFile.`,
        );
      }
      this.keys = await readKeyFile(signingKeyFile, origin);
    }
  }

  get origin(): string {
    return this.options.origin;
  }

  /** The verifier keys of the signing keys, to give to auditors: one, or two while the key is changed. */
  get verifierKeys(): readonly string[] {
    return this.loaded.verifierKeys;
  }

  get verifierKey(): string {
    return this.verifierKeys[0] ?? '';
  }

  get formerKeys(): readonly string[] {
    return this.loaded.formerKeys;
  }

  /** The trust for checkpoints of this ledger: its origin, its key and its earlier keys. */
  get trust(): CheckpointTrust {
    return { origin: this.options.origin, keys: this.loaded.verifiers };
  }

  /** Signs a tree with further lines as a note. The caller must ensure that it is consistent with the one before. */
  sign(head: TreeHead & Pick<Checkpoint, 'extensions'>): string {
    return signCheckpoint({ origin: this.options.origin, ...head }, this.loaded.signers);
  }

  /** Signs a text that is not a checkpoint, as a note. @throws InvalidNoteError (`AUDIT_NOTE_INVALID`) */
  readonly signText = (text: string): string => signNote(text, this.loaded.signers);

  private get loaded(): SigningKeys {
    if (!this.keys) throw new Error('The key file is read when the application starts, and it did not yet.');
    return this.keys;
  }
}

import { Inject, Injectable, Logger, type OnModuleInit } from '@nestjs/common';
import type { TreeHead } from '../log/merkle/verify-consistency.js';
import { signCheckpoint, type Checkpoint, type CheckpointTrust } from '../log/notes/checkpoint.js';
import { signNote } from '../log/notes/signed-note.js';
import { LastSigned } from './last-signed.js';
import { makeKeyFile, parseKeys, readKeyFile, type SigningKeys } from './signing-key-file.js';
import { SIGNING_OPTIONS, type SigningOptions } from './signing-options.js';
import { CheckpointMemoryUnusableError, SigningKeyMissingError } from './signing.error.js';

/** Signs checkpoints with the keys of the key file. */
@Injectable()
export class CheckpointSigner implements OnModuleInit {
  private readonly logger = new Logger('AuditLedger');
  private keys: SigningKeys | undefined;
  readonly lastSigned: LastSigned;

  constructor(@Inject(SIGNING_OPTIONS) private readonly options: SigningOptions) {
    this.lastSigned = new LastSigned(options.checkpointMemory, (message) => this.logger.error(message));
  }

  /**
   * Reads the key, or the key file. If the file is missing, creates a key file, unless NODE_ENV is `production`. Checks the place of the last checkpoint:
   * with NODE_ENV `production`, an unusable place stops the boot.
   *
   * @throws SigningKeyMissingError (`AUDIT_SIGNING_KEY_MISSING`) if the file is missing and NODE_ENV is `production`
   * @throws SigningKeyInvalidError (`AUDIT_SIGNING_KEY_INVALID`), CheckpointMemoryUnusableError (`AUDIT_CHECKPOINT_MEMORY_UNUSABLE`)
   */
  async onModuleInit(): Promise<void> {
    const { signingKeyFile, signingKey, origin } = this.options;
    try {
      this.keys = signingKey === undefined ? await readKeyFile(signingKeyFile, origin) : parseKeys(signingKey, origin);
    } catch (error) {
      if (!(error instanceof SigningKeyMissingError) || process.env.NODE_ENV === 'production') throw error;
      if (await makeKeyFile(signingKeyFile, origin)) {
        this.logger.warn(
          `Created the key file ${signingKeyFile}, which signs the ledger's checkpoints. With NODE_ENV=production, no key file is created: make one with nestjs-audit-ledger keygen, and set the option signingKeyFile.`,
        );
      }
      this.keys = await readKeyFile(signingKeyFile, origin);
    }
    await this.lastSigned.check().catch((error: unknown) => {
      if (!(error instanceof CheckpointMemoryUnusableError) || process.env.NODE_ENV === 'production') throw error;
      this.lastSigned.fail(error);
    });
  }

  get origin(): string {
    return this.options.origin;
  }

  /** The verifier keys of the signing keys, for auditors: one, or two during a change of keys. */
  get verifierKeys(): readonly string[] {
    return this.loaded.verifierKeys;
  }

  get verifierKey(): string {
    return this.verifierKeys[0] ?? '';
  }

  get formerKeys(): readonly string[] {
    return this.loaded.formerKeys;
  }

  /** The origin, and the keys that verify checkpoints of this ledger, including former keys. */
  get trust(): CheckpointTrust {
    return { origin: this.options.origin, keys: this.loaded.verifiers };
  }

  /** Signs a tree head as a checkpoint. The caller must ensure that the tree continues the last signed tree. */
  sign(head: TreeHead & Pick<Checkpoint, 'extensions'>): string {
    return signCheckpoint({ origin: this.options.origin, ...head }, this.loaded.signers);
  }

  /** Signs a text that is not a checkpoint, as a note. @throws InvalidNoteError (`AUDIT_NOTE_INVALID`) */
  readonly signText = (text: string): string => signNote(text, this.loaded.signers);

  private get loaded(): SigningKeys {
    if (!this.keys) throw new Error('The signing key is not loaded yet: the application reads it when it starts.');
    return this.keys;
  }
}

import { Inject, Injectable, Logger, type OnModuleInit } from '@nestjs/common';
import { getErrorMessage, hasCode } from '../../../base/errors/error-facts.js';
import type { AuditError } from '../../../base/errors/audit.error.js';
import type { TreeHead } from '../log/merkle/verify-consistency.js';
import { formatCheckpoint, type Checkpoint, type CheckpointTrust } from '../log/notes/checkpoint.js';
import { signRemotely } from '../log/notes/signed-note.js';
import { CheckpointRegister } from './checkpoint-register.js';
import { PROBE, readLedgerKeys, type LedgerKeys } from './ledger-signer.js';
import { makeKeyFile } from './signing-key-file.js';
import { SIGNING_OPTIONS, type SigningOptions } from './signing-options.js';
import { ledgerErrors } from '../../errors/ledger.errors.js';

/**
 * Signs checkpoints and statements with the keys of the option `signer`, of the key file, or of both. With the role `web`, only knows the
 * verifier keys.
 */
@Injectable()
export class CheckpointSigner implements OnModuleInit {
  private readonly logger = new Logger('AuditLedger');
  private keys: LedgerKeys | undefined;
  readonly lastSigned: CheckpointRegister;
  /** The reason why the last signature failed; `undefined` after a success. */
  problem: AuditError | undefined;

  constructor(@Inject(SIGNING_OPTIONS) private readonly options: SigningOptions) {
    this.lastSigned = new CheckpointRegister(options.checkpointMemory, (message) => this.logger.error(message));
  }

  /**
   * Reads the key, or the key file. If the file is missing, creates a key file, unless NODE_ENV is `production`. Checks the place of the last checkpoint:
   * with NODE_ENV `production`, an unusable place stops the boot. Tries the option `signer`, without waiting: an absent key service delays
   * the sealing, not the boot.
   *
   * @throws `AUDIT_SIGNING_KEY_MISSING` if the file is missing and NODE_ENV is `production`
   * @throws `AUDIT_SIGNING_KEY_INVALID`, `AUDIT_CHECKPOINT_MEMORY_UNUSABLE`, `AUDIT_ROLE_CANNOT_SIGN`
   */
  async onModuleInit(): Promise<void> {
    const { signingKeyFile, signers = [], origin } = this.options;
    const hasSigner = signers.length > 0;
    try {
      this.keys = await readLedgerKeys(this.options);
    } catch (error) {
      if (this.isWeb && hasCode(error, 'AUDIT_SIGNING_KEY_MISSING')) return;
      if (!hasCode(error, 'AUDIT_SIGNING_KEY_MISSING') || hasSigner || process.env.NODE_ENV === 'production')
        throw error;
      if (await makeKeyFile(signingKeyFile, origin)) {
        this.logger.warn(
          `Created the key file ${signingKeyFile}, which signs the ledger's checkpoints. With NODE_ENV=production, no key file is created: make one with nestjs-audit-ledger keygen, and set the option signingKeyFile.`,
        );
      }
      this.keys = await readLedgerKeys(this.options);
    }
    if (this.isWeb) return;
    await this.lastSigned.check().catch((error: unknown) => {
      if (!hasCode(error, 'AUDIT_CHECKPOINT_MEMORY_UNUSABLE') || process.env.NODE_ENV === 'production') throw error;
      this.lastSigned.fail(error);
    });
    if (hasSigner) void this.signText(PROBE).catch((error: unknown) => this.logger.error(getErrorMessage(error)));
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

  /**
   * Signs a tree head as a checkpoint. The caller must ensure that the tree continues the last signed tree.
   *
   * @throws `AUDIT_SIGNING_FAILED`
   */
  async signCheckpoint(head: TreeHead & Pick<Checkpoint, 'extensions'>): Promise<string> {
    return this.signText(formatCheckpoint({ origin: this.options.origin, ...head }));
  }

  /** Whether the keys are known that verify checkpoints. Only a process with the role `web` may lack them. */
  get canVerify(): boolean {
    return (this.keys?.verifiers.length ?? 0) > 0;
  }

  /** Signs a text as a note. @throws `AUDIT_PROOF_INVALID`, `AUDIT_SIGNING_FAILED`, `AUDIT_ROLE_CANNOT_SIGN` */
  readonly signText = async (text: string): Promise<string> => {
    if (this.isWeb) throw ledgerErrors.AUDIT_ROLE_CANNOT_SIGN.ofWeb();
    try {
      const note = await signRemotely(text, this.loaded.signers);
      this.problem = undefined;
      return note;
    } catch (error) {
      if (hasCode(error, 'AUDIT_SIGNING_FAILED')) this.problem = error;
      throw error;
    }
  };

  private get isWeb(): boolean {
    return this.options.role === 'web';
  }

  private get loaded(): LedgerKeys {
    if (this.isWeb && !this.canVerify) throw ledgerErrors.AUDIT_ROLE_CANNOT_SIGN.withoutKeys();
    if (!this.keys) throw new Error('The signing key is not loaded yet: the application reads it when it starts.');
    return this.keys;
  }
}

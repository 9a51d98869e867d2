/** The name of the log and the key that signs its checkpoints. */
export interface SigningOptions {
  readonly signingKeyFile: string;
  readonly origin: string;
}

export const SIGNING_OPTIONS = Symbol.for('nestjs-audit-ledger:signing-options');

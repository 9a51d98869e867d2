/** The witnesses whose cosignatures a checkpoint needs before it is served. */
export interface QuorumOptions {
  readonly witnesses: readonly { readonly verifierKey: string }[];
  readonly witnessQuorum: number;
}

export const QUORUM_OPTIONS = Symbol.for('nestjs-audit-ledger:quorum-options');

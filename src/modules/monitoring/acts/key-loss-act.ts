import type { ActStatement } from './act-note.js';

/** The type of the event that records the loss of a signing key in the log. */
export const KEY_LOSS_TYPE = 'audit_signing_key_lost';

const KEY_LOSS_ACT = 'key_loss';

/** Which keys are lost, and which keys replace them. Keys are verifier keys; the root is base64. */
export interface StatedKeyLoss {
  /** The keys that signed the last head before. */
  readonly lost: readonly string[];
  /** The keys that sign from then on. They alone sign the act. */
  readonly keys: readonly string[];
  /** The size of the last head that a lost key signed. */
  readonly lastSize: number;
  readonly lastRoot: string;
}

/** Makes the statement of a key's loss. */
export function statementOfKeyLoss({ lost, keys, lastSize, lastRoot }: StatedKeyLoss): ActStatement {
  return { lost, keys, lastSize, lastRoot, act: KEY_LOSS_ACT };
}

/** The loss that an act states; `undefined` for an act of another kind. */
export function keyLossOf(statement: ActStatement): StatedKeyLoss | undefined {
  if (statement.act !== KEY_LOSS_ACT) return undefined;
  const { lost, keys, lastSize, lastRoot } = statement;
  const list = (value: unknown): readonly string[] => (Array.isArray(value) ? value.map(String) : []);
  return {
    lost: list(lost),
    keys: list(keys),
    lastSize: Number(lastSize),
    lastRoot: typeof lastRoot === 'string' ? lastRoot : '',
  };
}

import { encodeBase64, parseDecimal } from '../../proof/log/notes/encoding.js';
import { proofErrors } from '../../proof/log/proof.errors.js';

/**
 * Formats the request of a log to a witness (tlog-witness, `add-checkpoint`).
 *
 * @param request the size of the last checkpoint that the witness cosigned, the consistency proof from that size, and the signed note
 */
export function formatAddCheckpoint(request: {
  readonly oldSize: number;
  readonly consistency: readonly Uint8Array[];
  readonly checkpoint: string;
}): string {
  const { oldSize, consistency, checkpoint } = request;
  return `old ${oldSize}\n${consistency.map((hash) => `${encodeBase64(hash)}\n`).join('')}\n${checkpoint}`;
}

/**
 * Parses a witness's response 409: the size of the last checkpoint that the witness cosigned.
 *
 * @throws `AUDIT_WITNESS_MESSAGE_INVALID`
 */
export function parseWitnessConflict(body: string): number {
  const size = body.endsWith('\n') ? parseDecimal(body.slice(0, -1)) : undefined;
  if (size === undefined) throw proofErrors.AUDIT_WITNESS_MESSAGE_INVALID('its response 409 contains no size');
  return size;
}

import { canonicalJson, hasCode } from '../../audit/nest-free.js';
import { verifyProof } from '../../monitoring/proof/log/notes/tlog-proof.js';
import { buildTrust } from '../../monitoring/proof/verify/judge-checkpoint.js';
import { EXIT_CODES } from '../command-result.js';
import type { Outcome } from '../define-command.js';
import { readInput } from '../read-input.js';
import { parseJsonObject } from '../parse-json-object.js';
import { readVerifierKeys } from './verifier-keys.js';
import { verifyErrors } from '../../monitoring/errors/verify.errors.js';
import type { VerifyCall } from './verify-options.js';

const SHOWN_EVENT_NOTE =
  'note: the event has an index, so it is from GET /audit/events/<id>; the proof is for the sealed event in sealed.entry of GET /audit/events/<id>/proof';

/** Checks that the ledger of a verifier key contains an event. */
export async function checkProof(eventFile: string, proofFile: string, call: VerifyCall): Promise<Outcome> {
  if (eventFile === '-' && proofFile === '-') call.refuse('the event and the proof cannot both be the standard input');
  const trust = buildTrust(await readVerifierKeys(call.options.key));
  const event = parseJsonObject(await readInput(eventFile));
  if (typeof event === 'string') throw verifyErrors.AUDIT_REQUEST_INVALID.noEvent(eventFile, event);
  const { index: shownIndex, ...sealed } = event; // the API adds the index, which is not part of the entry
  const entry = Buffer.from(canonicalJson(sealed), 'utf8');
  const proof = await readInput(proofFile);
  try {
    const { index, checkpoint } = verifyProof(proof, entry, trust);
    const { origin, size } = checkpoint;
    const text = `proven: the event is at index ${index} of the ${size} events of ${origin}\n`;
    return { text, data: { index, origin, size } };
  } catch (error) {
    if (!hasCode(error, 'AUDIT_PROOF_WRONG')) throw error;
    return { exitCode: EXIT_CODES.tampered, error, warnings: shownIndex === undefined ? [] : [SHOWN_EVENT_NOTE] };
  }
}

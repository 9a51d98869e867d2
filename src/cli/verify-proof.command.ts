import { canonicalJson, hasCode } from '../audit/nest-free.js';
import { verifyProof } from '../monitoring/proof/log/notes/tlog-proof.js';
import { trustOf } from '../monitoring/proof/verify/judge-checkpoint.js';
import { EXIT_CODES } from './command-result.js';
import { defineCommand } from './define-command.js';
import { keyOption } from './options.js';
import { readInput } from './read-input.js';
import { parseJsonObject } from './parse-json-object.js';
import { readVerifierKeys } from './verifier-keys.js';
import { readErrors } from '../monitoring/errors/read.errors.js';

const AS_SHOWN =
  'note: the event has an index, so it is from GET /audit/events/<id>; the proof is for the sealed event from GET /audit/events/<id>/entry';

export const command = defineCommand({
  name: 'verify-proof',
  usage: ['<event.json> <proof> --key <key>…'],
  about: ['Checks, offline, that the ledger of a verifier key contains an event.'],
  arguments: [
    [
      '<event.json>',
      'the sealed event, from GET /audit/events/<id>/entry, or any JSON of the same value; - is the standard input',
    ],
    ['<proof>', 'its proof, from GET /audit/events/<id>/proof; - is the standard input'],
  ],
  options: { key: keyOption(', from a source that you trust') },
  json: '"index", "origin", "size"',
  examples: ['event.json event.proof --key verifier.key'],
  exitCodes: '0 when the event is proven, 1 when it is not, 2 when the command could not check it.',
  run: async ({ options, words: [eventFile = '', proofFile = ''], refuse }) => {
    if (eventFile === '-' && proofFile === '-') refuse('the event and the proof cannot both be the standard input');
    const trust = trustOf(await readVerifierKeys(options.key));
    const event = parseJsonObject(await readInput(eventFile));
    if (typeof event === 'string') throw readErrors.AUDIT_VERIFY_REQUEST_INVALID.noEvent(eventFile, event);
    const { index: shownIndex, ...sealed } = event; // the API adds the index, which is not part of the entry
    const entry = Buffer.from(canonicalJson(sealed), 'utf8');
    const proof = await readInput(proofFile);
    try {
      const { index, checkpoint } = verifyProof(proof, entry, trust);
      const { origin, size } = checkpoint;
      const text = `proven: the event is at index ${index} of the ${size} events of ${origin}\n`;
      return { text, data: { index, origin, size } };
    } catch (error) {
      if (!hasCode(error, 'AUDIT_PROOF_WRONG', 'AUDIT_NOTE_FORGED')) throw error;
      return { exitCode: EXIT_CODES.tampered, error, warnings: shownIndex === undefined ? [] : [AS_SHOWN] };
    }
  },
});

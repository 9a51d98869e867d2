import { readFile } from 'node:fs/promises';
import { canonicalJson } from '../audit/index.js';
import { ForgedNoteError, WrongProofError } from '../modules/monitoring/log/notes/note.error.js';
import { verifyProof } from '../modules/monitoring/log/notes/tlog-proof.js';
import { trustOf } from '../modules/monitoring/verify/judge-checkpoint.js';
import { VerifyRequestError } from '../modules/monitoring/verify/verify-request.error.js';
import { EXIT_CODES, type CommandResult } from './command-result.js';
import { parseJsonObject } from './parse-json-object.js';
import { readVerifierKeys } from './verifier-keys.js';
import { errorSentence } from './file-sentence.js';
import { parseCall } from './parse-call.js';

const HELP = `Usage: nestjs-audit-ledger verify-proof <event.json> <proof> --key <key>… [--json]

Checks, offline, the proof that an event is in the ledger of this key.

  <event.json>  the sealed event: its entry in tile/entries, or any JSON of the same value
  <proof>       its proof, from GET /audit/events/<id>/proof
  --key         a verifier key, or a file with one on each line, from a source that you trust
  --json        print { "index", "origin", "size" }
  --help        print this

Examples:
  nestjs-audit-ledger verify-proof event.json event.proof --key verifier.key

Exit code: 0 when the event is proven, 1 when it is not, 2 when the command could not check it.
`;

/** `nestjs-audit-ledger verify-proof`. Never rejects. */
export async function runVerifyProof(args: readonly string[]): Promise<CommandResult> {
  try {
    const { values, positionals } = parseCall('verify-proof', {
      args: [...args],
      allowPositionals: true,
      options: {
        key: { type: 'string', multiple: true, default: [] },
        json: { type: 'boolean', default: false },
        help: { type: 'boolean', short: 'h' },
      },
    });
    if (values.help) return { exitCode: EXIT_CODES.fine, output: HELP };
    const [eventFile, proofFile, ...others] = positionals;
    if (eventFile === undefined || proofFile === undefined || others.length > 0) {
      return { exitCode: EXIT_CODES.notChecked, errors: HELP };
    }
    const trust = trustOf(await readVerifierKeys(values.key));
    const entry = entryOf(eventFile, await readFile(eventFile, 'utf8'));
    const { index, checkpoint } = verifyProof(await readFile(proofFile, 'utf8'), entry, trust);
    const { origin, size } = checkpoint;
    const output = values.json
      ? JSON.stringify({ index, origin, size }, undefined, 2)
      : `proven: the event is at index ${index} of the ${size} events of ${origin}`;
    return { exitCode: EXIT_CODES.fine, output: `${output}\n` };
  } catch (error) {
    const isRefuted = error instanceof WrongProofError || error instanceof ForgedNoteError;
    const exitCode = isRefuted ? EXIT_CODES.tampered : EXIT_CODES.notChecked;
    return { exitCode, errors: `${errorSentence(error)}\n` };
  }
}

/** The place that the API shows beside an event is not part of it. */
function entryOf(file: string, text: string): Uint8Array {
  const event = parseJsonObject(text);
  if (typeof event === 'string') throw VerifyRequestError.noEvent(file, event);
  const sealed = Object.fromEntries(Object.entries(event).filter(([name]) => name !== 'index'));
  return Buffer.from(canonicalJson(sealed), 'utf8');
}

import { readFile } from 'node:fs/promises';
import { verifyExport, type ExportVerification } from '../modules/monitoring/export/verify-export.js';
import { ForgedNoteError } from '../modules/monitoring/log/notes/note.error.js';
import { trustOf } from '../modules/monitoring/verify/judge-checkpoint.js';
import { EXIT_CODES, type CommandResult } from './command-result.js';
import { readPublishedNotes } from './published-notes.js';
import { readVerifierKeys } from './verifier-keys.js';
import { errorSentence } from './file-sentence.js';
import { parseCall } from './parse-call.js';

const HELP = `Usage: nestjs-audit-ledger verify-export <file> [--manifest <file>] --key <key>… [--checkpoint <file>]… [--json]

Compares an export with its signed manifest, offline: its bytes, its hash, and the number and range of its events. If the export has
proofs, checks each event against the signed checkpoint.

  <file>      the export, unchanged
  --manifest  default: <file>.manifest
  --key       a verifier key, or a file with one on each line, from a source that you trust
  --checkpoint  a signed checkpoint from outside of the ledger, or the file that the application appends them to: the
              checkpoint of the export's size must have the same root as the manifest
  --json      print { "verdict", "findings", "missing", "proven", "manifest" }
  --help      print this

Examples:
  nestjs-audit-ledger verify-export 2026-11.jsonl.gz --key verifier.key

Exit code: 0 when the export is sound, 1 when it was tampered with, 2 when the command could not check it.
`;

/** `nestjs-audit-ledger verify-export`. Never rejects. */
export async function runVerifyExport(args: readonly string[]): Promise<CommandResult> {
  try {
    const { values, positionals } = parseCall('verify-export', {
      args: [...args],
      allowPositionals: true,
      options: {
        manifest: { type: 'string' },
        key: { type: 'string', multiple: true, default: [] },
        checkpoint: { type: 'string', multiple: true, default: [] },
        json: { type: 'boolean', default: false },
        help: { type: 'boolean', short: 'h' },
      },
    });
    if (values.help) return { exitCode: EXIT_CODES.fine, output: HELP };
    const [file, ...others] = positionals;
    if (file === undefined || others.length > 0) return { exitCode: EXIT_CODES.notChecked, errors: HELP };
    const trust = trustOf(await readVerifierKeys(values.key));
    const note = await readFile(values.manifest ?? `${file}.manifest`, 'utf8');
    const verification = await verifyExport(file, note, trust, await readPublishedNotes(values.checkpoint));
    const output = values.json ? JSON.stringify(verification, undefined, 2) : describe(verification);
    const exitCode = verification.verdict === 'sound' ? EXIT_CODES.fine : EXIT_CODES.tampered;
    return { exitCode, output: `${output}\n` };
  } catch (error) {
    const exitCode = error instanceof ForgedNoteError ? EXIT_CODES.tampered : EXIT_CODES.notChecked;
    return { exitCode, errors: `${errorSentence(error)}\n` };
  }
}

function describe({ verdict, manifest, findings, missing = 0, proven }: ExportVerification): string {
  const { origin, count, mark, filters, access } = manifest;
  const asked = Object.keys(filters).length > 0 ? `, filtered by ${JSON.stringify(filters)}` : '';
  return [
    ...findings,
    ...(missing > 0
      ? [`note: ${missing} places below the mark have no event: retired, or lost; verify tells which`]
      : []),
    ...(proven === undefined
      ? []
      : [`proven: ${proven} events are in the tree of the checkpoint, as they were sealed`]),
    `${verdict}: ${count} of the ${mark} sealed events of ${origin}${asked}, as shown to ${JSON.stringify(access)}`,
  ].join('\n');
}

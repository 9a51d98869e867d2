import { access } from 'node:fs/promises';
import { basename, dirname, resolve } from 'node:path';
import { FolderArchiveStore } from '../modules/monitoring/archive/folder-archive-store.js';
import { verifyArchive, type ArchiveVerification } from '../modules/monitoring/archive/verify-archive.js';
import { trustOf } from '../modules/monitoring/verify/judge-checkpoint.js';
import { EXIT_CODES, type CommandResult } from './command-result.js';
import { readVerifierKeys } from './verifier-keys.js';
import { errorSentence } from './file-sentence.js';
import { parseCall } from './parse-call.js';

const HELP = `Usage: nestjs-audit-ledger verify-archive <dir> --key <key>… [--json]

Verifies an archive of retired events, offline: each event against its leaf, each leaf against the signed root, the files
against the signed manifest. An event without its erased personal part is proven as well.

  --key     a verifier key of the ledger, or a file with one on each line
  --json    print { "verdict", "archive", "manifest", "proven", "erased", "findings" }
  --help    print this

Examples:
  nestjs-audit-ledger verify-archive archive/2026-08 --key verifier.key

Exit code: 0 when the archive is sound, 1 when it was tampered with, 2 when the command could not check it.
`;

/** `nestjs-audit-ledger verify-archive`. Never rejects. */
export async function runVerifyArchive(args: readonly string[]): Promise<CommandResult> {
  try {
    const { values, positionals } = parseCall('verify-archive', {
      args: [...args],
      allowPositionals: true,
      options: {
        key: { type: 'string', multiple: true, default: [] },
        json: { type: 'boolean', default: false },
        help: { type: 'boolean', short: 'h' },
      },
    });
    if (values.help) return { exitCode: EXIT_CODES.fine, output: HELP };
    const [folder, ...others] = positionals;
    if (folder === undefined || others.length > 0) return { exitCode: EXIT_CODES.notChecked, errors: HELP };
    const path = resolve(folder);
    await access(path); // a mistyped path does not mean tampering
    const trust = trustOf(await readVerifierKeys(values.key));
    const verification = await verifyArchive(new FolderArchiveStore(dirname(path)), basename(path), trust);
    const output = values.json ? JSON.stringify(verification, undefined, 2) : describe(verification);
    const exitCode = verification.verdict === 'sound' ? EXIT_CODES.fine : EXIT_CODES.tampered;
    return { exitCode, output: `${output}\n` };
  } catch (error) {
    return { exitCode: EXIT_CODES.notChecked, errors: `${errorSentence(error)}\n` };
  }
}

function describe({ verdict, archive, manifest, proven, erased, findings }: ArchiveVerification): string {
  const of = manifest
    ? ` of ${manifest.origin} has ${manifest.events} events, index ${manifest.firstIndex} to ${manifest.lastIndex}`
    : '';
  return [...findings, `${verdict}: ${archive}${of}; ${proven} are proven, ${erased} are erased in part`].join('\n');
}

import { basename, dirname, resolve } from 'node:path';
import { FolderArchiveStore } from '../../monitoring/keep/archive/archive-store.js';
import { verifyArchive, type ArchiveVerification } from '../../monitoring/keep/archive/verify-archive.js';
import { buildTrust } from '../../monitoring/proof/verify/judge-checkpoint.js';
import { EXIT_CODES } from '../command-result.js';
import type { Outcome } from '../define-command.js';
import { readVerifierKeys } from './verifier-keys.js';
import { formatVerdictLine, type Line } from '../commands/show-lines.js';
import type { VerifyCall } from './verify-options.js';

/** Verifies an archive of retired events. */
export async function checkArchive(folder: string, { options, progress }: VerifyCall): Promise<Outcome> {
  const path = resolve(folder);
  const trust = buildTrust(await readVerifierKeys(options.key));
  const verification = await verifyArchive(
    new FolderArchiveStore(dirname(path)),
    basename(path),
    trust,
    undefined,
    (checked, events) => progress.show(checked, events),
  );
  const exitCode = verification.verdict === 'sound' ? EXIT_CODES.fine : EXIT_CODES.tampered;
  return { exitCode, text: describe(verification), data: verification };
}

function describe(verification: ArchiveVerification): readonly Line[] {
  const { verdict, archive, manifest, proven, erased, columns, findings } = verification;
  const of = manifest
    ? ` of ${manifest.origin} has ${manifest.events} events, index ${manifest.firstIndex} to ${manifest.lastIndex}`
    : '';
  const unread =
    columns === 'file'
      ? [
          'note: the columns for queries were checked only by their digest; to check the values, npm install @duckdb/node-api',
        ]
      : [];
  return [
    ...findings,
    ...unread,
    formatVerdictLine(verdict, `${archive}${of}; ${proven} are proven, ${erased} are erased in part`),
  ];
}

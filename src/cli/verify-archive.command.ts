import { readdir } from 'node:fs/promises';
import { basename, dirname, resolve } from 'node:path';
import { FolderArchiveStore } from '../monitoring/keep/archive/folder-archive-store.js';
import { verifyArchive, type ArchiveVerification } from '../monitoring/keep/archive/verify-archive.js';
import { trustOf } from '../monitoring/proof/verify/judge-checkpoint.js';
import { EXIT_CODES } from './command-result.js';
import { defineCommand } from './define-command.js';
import { texts } from './options.js';
import { readVerifierKeys } from './verifier-keys.js';
import { verdictLine, type Line } from './show-lines.js';

export const command = defineCommand({
  name: 'verify-archive',
  usage: ['<dir> --key <key>… [--json]'],
  about: [
    'Verifies an archive of retired events, offline. It compares each event with its leaf, each leaf with the signed root, and the files with the signed manifest. If DuckDB is installed, it also compares the columns for queries with the events. An event without its erased personal part is proven as well.',
  ],
  arguments: [['<dir>', 'the folder of the archive']],
  options: {
    key: texts('<key>', 'a verifier key of the ledger, or a file with one key per line; - is the standard input'),
  },
  json: '"verdict", "archive", "manifest", "proven", "erased", "columns", "findings"',
  examples: ['archive/2026-08 --key verifier.key'],
  exitCodes: '0 when the archive is sound, 1 when it was tampered with, 2 when the command could not check it.',
  run: async ({ options, words: [folder = ''], progress }) => {
    const path = resolve(folder);
    await readdir(path); // rejects for a mistyped path, which must not look like tampering
    const trust = trustOf(await readVerifierKeys(options.key));
    const verification = await verifyArchive(
      new FolderArchiveStore(dirname(path)),
      basename(path),
      trust,
      undefined,
      (checked, events) => progress.show(checked, events),
    );
    const exitCode = verification.verdict === 'sound' ? EXIT_CODES.fine : EXIT_CODES.tampered;
    return { exitCode, text: describe(verification), data: verification };
  },
});

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
    verdictLine(verdict, `${archive}${of}; ${proven} are proven, ${erased} are erased in part`),
  ];
}

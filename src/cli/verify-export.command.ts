import { readFile, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { verifyExport, type ExportVerification } from '../modules/monitoring/export/verify-export.js';
import { ForgedNoteError } from '../modules/monitoring/log/notes/note.error.js';
import type { CheckpointTrust } from '../modules/monitoring/log/notes/checkpoint.js';
import { BUNDLE_MANIFEST, verifyBundle } from './report/write/bundle-manifest.js';
import { trustOf } from '../modules/monitoring/verify/judge-checkpoint.js';
import { EXIT_CODES } from './command-result.js';
import { defineCommand } from './define-command.js';
import { text, texts, keyOption } from './options.js';
import { asFile, readInput } from './read-input.js';
import { readPublishedNotes } from './published-notes.js';
import { readVerifierKeys } from './verifier-keys.js';
import { verdictLine, type Line } from './show-lines.js';

export const command = defineCommand({
  name: 'verify-export',
  usage: ['<file> --key <key>… [options]'],
  about: [
    'Compares an export with its signed manifest, offline: its bytes, its hash, and the number and range of its events. If the export has proofs, it also compares each event with the signed checkpoint.',
  ],
  arguments: [
    [
      '<file>',
      'the unchanged export, or the folder of a report’s bundle; - is the standard input and needs --manifest',
    ],
  ],
  options: {
    manifest: text('<file>', 'default: <file>.manifest'),
    key: keyOption(', from a source that you trust'),
    checkpoint: texts(
      '<file>',
      'a signed checkpoint from outside the database, or the application’s file of published checkpoints. The checkpoint of the export’s size must have the manifest’s root',
    ),
  },
  json: '"verdict", "findings", "missing", "proven", "manifest"',
  examples: ['2026-11.jsonl.gz --key verifier.key'],
  exitCodes: '0 when the export is sound, 1 when it was tampered with, 2 when the command could not check it.',
  run: async ({ options, words: [file = ''], refuse }) => {
    if (file === '-' && options.manifest === undefined) refuse('an export from the standard input needs --manifest');
    const trust = trustOf(await readVerifierKeys(options.key));
    const published = await readPublishedNotes(options.checkpoint);
    try {
      const isBundle = await isFolder(file);
      const path = isBundle ? join(file, SAMPLES) : file;
      const ofBundle = isBundle ? await findingsOfBundle(file, trust) : [];
      const note = await readInput(options.manifest ?? `${path}.manifest`);
      const ofFile = await asFile(path, (read) => verifyExport(read, note, trust, published));
      const verification: ExportVerification =
        ofBundle.length === 0
          ? ofFile
          : { ...ofFile, verdict: 'tampered', findings: [...ofBundle, ...ofFile.findings] };
      const exitCode = verification.verdict === 'sound' ? EXIT_CODES.fine : EXIT_CODES.tampered;
      return { exitCode, text: describe(verification), data: verification };
    } catch (error) {
      if (!(error instanceof ForgedNoteError)) throw error;
      return { exitCode: EXIT_CODES.tampered, error };
    }
  },
});

const SAMPLES = 'samples.jsonl';

async function isFolder(path: string): Promise<boolean> {
  return path !== '-' && (await stat(path)).isDirectory();
}

async function findingsOfBundle(folder: string, trust: CheckpointTrust): Promise<readonly string[]> {
  const note = await readInput(join(folder, BUNDLE_MANIFEST));
  return verifyBundle(note, trust, (name) => readFile(join(folder, basename(name))).catch(() => undefined));
}

function describe({ verdict, manifest, findings, missing = 0, proven }: ExportVerification): readonly Line[] {
  const { origin, count, mark, filters, access } = manifest;
  const asked = Object.keys(filters).length > 0 ? `, filtered by ${JSON.stringify(filters)}` : '';
  return [
    ...findings,
    ...(missing > 0
      ? [`note: ${missing} events below the export’s mark are missing; verify shows whether they were retired or lost`]
      : []),
    ...(proven === undefined
      ? []
      : count === 0
        ? ['note: the export has no event, so nothing is proven']
        : [`proven: ${proven} of ${count} events are in the tree of the checkpoint, as they were sealed`]),
    verdictLine(
      verdict,
      `${count} of the ${mark} sealed events of ${origin}${asked}, as shown to ${JSON.stringify(access)}`,
    ),
  ];
}

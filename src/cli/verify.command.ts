import { LastSigned } from '../monitoring/proof/signing/last-signed.js';
import { describeFinding } from '../monitoring/proof/verify/finding.js';
import { ProgressFile } from '../monitoring/proof/verify/progress-file.js';
import type { CheckedSoFar, Verification } from '../monitoring/proof/verify/verification.js';
import { verifyFolder } from '../monitoring/proof/verify/verify-folder.js';
import { verifyLedger } from '../monitoring/proof/verify/verify-ledger.js';
import { EXIT_CODES } from './command-result.js';
import { defineCommand, type Outcome } from './define-command.js';
import { text, texts, CHECKPOINT, keyOption, KEYS_OF_DATABASE, PROGRESS } from './options.js';
import { readInput } from './read-input.js';
import { given, memoryOfEnvironment, type CommandEnvironment } from './key-of-environment.js';
import { existsSync, statSync } from 'node:fs';
import { describeUndone, type UndoneErasure } from '../monitoring/keep/lifecycle/erasure/certificate-file.js';
import { readPublishedNotes } from './published-notes.js';
import { checkCertificates } from './check-certificates.js';
import { readVerifierKeys } from './verifier-keys.js';
import { verdictLine, type Line } from './show-lines.js';
import { MAX_THREADS, verifyThreads } from './verify-threads.js';

export const command = defineCommand({
  name: 'verify',
  usage: ['[--key <key>]… [--checkpoint <file>]…', '--from <dir> --key <key>… [options]'],
  about: [
    'Recomputes the leaf of every sealed event from its stored row, and compares it with the stored leaf, the tiles, and every signed and published checkpoint. The command reads one snapshot, changes nothing, and needs only the right to read.',
  ],
  options: {
    from: text(
      '<dir>',
      'instead of a database: a folder with the published log, that is checkpoint, tile/… and tile/entries/…. If the event of a retirement was itself retired, the folder must also contain its entry, in retirements/…',
    ),
    key: keyOption(`${KEYS_OF_DATABASE}, with a warning`),
    checkpoint: CHECKPOINT,
    witness: texts(
      '<key>',
      'the verifier key of a witness, or a file with one key per line; the checkpoint must have its cosignature',
    ),
    quorum: text('<n>', 'the number of witnesses that must have cosigned; default: all'),
    archives: texts(
      '<dir>',
      'an archive of retired events, or the folder of archives. Each must be sound, and the log must announce it. The result also counts the retired events in other archives',
    ),
    certificates: texts(
      '<file>',
      'the file with the erasure certificates; verify lists the erasures that the ledger does not reflect, for example after a restore',
    ),
    since: text(
      '<file>',
      'a signed checkpoint; the events that it covers are trusted and not recomputed; - is the standard input',
    ),
    resume: text('<file>', 'a file for the progress: the next run, also after an interruption, continues from it'),
    threads: text('<n>', `the number of threads; default: one for each core, at most ${MAX_THREADS}`),
    progress: PROGRESS,
  },
  connects: 'application',
  json: '"verdict", "origin", "size", "checked", "erased", "retired", "archives", "waiting", "checkpoint", "findings", "totalFindings", "warnings", "unprotected", "cosigned", "undone"',
  environment:
    'AUDIT_CHECKPOINT_MEMORY, by default <key file>.last, to check the last signed checkpoint as well, with the key file in AUDIT_SIGNING_KEY_FILE; AUDIT_ERASURE_FILE, the default of --certificates, by default <key file>.erasures.',
  examples: ['--key verifier.key --checkpoint checkpoints', '--from log --key verifier.key --json'],
  exitCodes:
    '0 when the ledger is sound, 1 when it was tampered with or does not reflect an erasure, 2 when the command could not check it.',
  run: async ({ options, environment, progress, ledger, count, refuse }) => {
    const threads = count('threads', { least: 1, most: 64 });
    if (options.quorum !== undefined && options.witness.length === 0) refuse('--quorum needs --witness');
    const quorum = options.quorum === undefined ? {} : { quorum: Number(options.quorum) };
    const witnessed = { witnesses: { keys: await readVerifierKeys(options.witness), ...quorum } };
    const shared = {
      ...(options.witness.length > 0 ? witnessed : {}),
      verifierKeys: await readVerifierKeys(options.key),
      published: await readPublishedNotes(options.checkpoint),
      ...(options.archives.length > 0 ? { archives: options.archives } : {}),
      onProgress: ({ checked, size }: CheckedSoFar) => progress.show(checked, size),
    };
    if (options.from !== undefined) return outcomeOf(await verifyFolder({ folder: options.from, ...shared }));
    const database = await ledger();
    const verification = await verifyLedger({
      database,
      ...shared,
      published: [...shared.published, ...(await readLastSigned(environment))],
      ...(options.since === undefined ? {} : { since: await readInput(options.since) }),
      ...(options.resume === undefined ? {} : { progress: new ProgressFile(options.resume) }),
      threads: verifyThreads(threads),
    });
    const files = options.certificates.length > 0 ? options.certificates : keptCertificates(environment);
    const { undone } = await checkCertificates(database, files, shared.verifierKeys);
    return outcomeOf(verification, undone);
  },
});

/** The note must be read before the ledger, since a later note could cover events that the command has not read. */
async function readLastSigned(environment: CommandEnvironment): Promise<readonly string[]> {
  if (!(given(environment.AUDIT_SIGNING_KEY_FILE) ?? given(environment.AUDIT_CHECKPOINT_MEMORY))) return [];
  const lastSigned = new LastSigned(memoryOfEnvironment(environment));
  const note = await lastSigned.read();
  if (note !== undefined) return [note];
  return statSync(lastSigned.path, { throwIfNoEntry: false })?.isFile() === true ? [''] : []; // an emptied file is refused as a note
}

function keptCertificates({ AUDIT_ERASURE_FILE, AUDIT_SIGNING_KEY_FILE }: CommandEnvironment): readonly string[] {
  const keyFile = given(AUDIT_SIGNING_KEY_FILE);
  const file = given(AUDIT_ERASURE_FILE) ?? (keyFile === undefined ? undefined : `${keyFile}.erasures`);
  return file !== undefined && existsSync(file) ? [file] : [];
}

function outcomeOf(verification: Verification, undoneErasures: readonly UndoneErasure[] = []): Outcome {
  const isFine = verification.verdict === 'sound' && undoneErasures.length === 0;
  const undone = undoneErasures.map(describeUndone);
  return {
    exitCode: isFine ? EXIT_CODES.fine : EXIT_CODES.tampered,
    text: [...undone, ...describe(verification)],
    data: undone.length === 0 ? verification : { ...verification, undone },
  };
}

function describe(verification: Verification): readonly Line[] {
  const {
    verdict,
    origin,
    size,
    checked,
    erased,
    retired,
    waiting,
    findings,
    totalFindings,
    warnings,
    unprotected = [],
    cosigned,
    archives,
  } = verification;
  const more = totalFindings > findings.length ? [`… and ${totalFindings - findings.length} more`] : [];
  return [
    ...findings.map(describeFinding),
    ...more,
    ...[...warnings, ...unprotected].map((warning) => `warning: ${warning}`),
    ...(archives
      ? [
          `archives: ${archives.proven} of ${retired} retired events are proven by ${archives.seen.length} archive(s); ${archives.unseen} are in archives that were not given`,
        ]
      : []),
    ...(cosigned ? [`cosigned: size ${cosigned.size} by ${cosigned.witnesses.join(', ')}`] : []),
    verdictLine(
      verdict,
      `${origin === '' ? 'the ledger' : origin} has ${size} sealed events; checked ${checked}, of which ${erased} are erased in part and ${retired} retired; ${waiting} wait to be sealed`,
    ),
  ];
}

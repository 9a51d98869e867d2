import { CheckpointRegister } from '../../monitoring/proof/signing/checkpoint-register.js';
import { useSession } from '../../monitoring/store/sessions/use-session.js';
import { describeFinding } from '../../monitoring/proof/verify/finding.js';
import { ProgressFile } from '../../monitoring/proof/verify/progress-file.js';
import type { VerificationProgress, Verification } from '../../monitoring/proof/verify/verification.js';
import { verifyFolder } from '../../monitoring/proof/verify/verify-folder.js';
import { verifyLedger } from '../../monitoring/proof/verify/verify-ledger.js';
import { findUnprotected } from '../../monitoring/store/schema/check-protection.js';
import { runChecks } from '../../monitoring/store/check.js';
import { READER } from '../../monitoring/store/ledger-roles.js';
import { toKnownLedger, PARTITIONS, readLedgerState, SEALING } from '../../monitoring/store/ledger-state.js';
import { PROBE_LIMITS } from '../../monitoring/store/sessions/session-limits.js';
import { EXIT_CODES } from '../command-result.js';
import { defineCommand, type Outcome } from '../define-command.js';
import { readInput } from '../read-input.js';
import { emptyToUndefined, getCheckpointMemoryPath, type CommandEnvironment } from '../connection/key-settings.js';
import { existsSync, statSync } from 'node:fs';
import { describeUndone, type UndoneErasure } from '../../monitoring/keep/lifecycle/erasure/certificate-record.js';
import { readPublishedNotes } from './published-notes.js';
import { checkCertificates } from '../connection/check-certificates.js';
import { readVerifierKeys } from './verifier-keys.js';
import { formatVerdictLine, type Line } from '../commands/show-lines.js';
import { VERIFY_OPTIONS } from './verify-options.js';
import { createVerifyWorkers } from './verify-threads.js';

/** The options of the ledger, which a file or folder does not have. */
const LEDGER_ONLY_OPTIONS = [
  'from',
  'witness',
  'quorum',
  'archives',
  'certificates',
  'since',
  'resume',
  'threads',
] as const;

export const command = defineCommand({
  name: 'verify',
  usage: [
    '[--key <key>]… [--checkpoint <file>]…',
    '--from <dir> --key <key>… [options]',
    '<path> --key <key>… [options]',
    '<event.json> <proof> --key <key>…',
  ],
  about: [
    'Recomputes the leaf of every sealed event from its stored row, and compares it with the stored leaf, the tiles, and every signed and published checkpoint. The command reads one snapshot, changes nothing, and needs only the right to read.',
    'With a path, the command verifies a file or a folder instead, offline. It compares an export with its signed manifest: its bytes, its hash, and the number and range of its events; if the export has proofs, also each event with the signed checkpoint. It compares each event of an archive with its leaf, each leaf with the signed root, and the files with the signed manifest; if DuckDB is installed, also the columns for queries with the events. It checks by the signed notes whether the copy of a stream is complete and unaltered.',
    'With an event and its proof, the command verifies that the ledger of a verifier key contains the event.',
  ],
  arguments: [
    [
      '[paths...]',
      'the unchanged export, the folder of an archive, or the file or folder of a stream’s copy, which is the output of a destination (file, folder or S3) or a folder of webhook bodies; or the sealed event and its proof, sealed.entry and proof of GET /audit/events/<id>/proof. - is the standard input; an export from it needs --manifest',
    ],
  ],
  options: VERIFY_OPTIONS,
  connects: 'application',
  json: '"verdict", "origin", "size", "checked", "erased", "retired", "archives", "waiting", "checkpoint", "findings", "totalFindings", "warnings", "unprotected", "cosigned", "undone"; for an export "verdict", "findings", "missing", "proven", "manifest"; for a copy "verdict", "stream", "findings", "ranges", "events", "batches", "gaps", "retired", "tests", "notes"; for an archive "verdict", "archive", "manifest", "proven", "erased", "columns", "findings"; for a proof "index", "origin", "size"',
  environment:
    'AUDIT_CHECKPOINT_MEMORY, by default <key file>.last, to check the last signed checkpoint as well, with the key file in AUDIT_SIGNING_KEY_FILE; AUDIT_ERASURE_FILE, the default of --certificates, by default <key file>.erasures.',
  examples: [
    '--key verifier.key --checkpoint checkpoints',
    '--from log --key verifier.key --json',
    '2026-11.jsonl.gz --key verifier.key',
    'archive/2026-08 --key verifier.key',
    'event.json event.proof --key verifier.key',
  ],
  exitCodes:
    '0 when everything is sound or proven, 1 when it was tampered with, is not proven or does not reflect an erasure, 2 when the command could not check it.',
  run: async (call) => {
    const { options, environment, progress, ledger, count, refuse, words } = call;
    if (words.length > 0) {
      const foreign = LEDGER_ONLY_OPTIONS.filter((name) => (options[name] ?? '').length > 0);
      if (foreign.length > 0) refuse(...foreign.map((name) => `--${name} is not for a file or folder`));
      const { verifyFile } = await import('./verify-file.js');
      return verifyFile(call);
    }
    if (options.manifest !== undefined || options.first !== undefined) refuse('--manifest and --first need a path');
    const threads = count('threads', { min: 1, max: 64 });
    if (options.quorum !== undefined && options.witness.length === 0) refuse('--quorum needs --witness');
    const quorum = options.quorum === undefined ? {} : { quorum: Number(options.quorum) };
    const witnessed = { witnesses: { keys: await readVerifierKeys(options.witness), ...quorum } };
    const shared = {
      ...(options.witness.length > 0 ? witnessed : {}),
      verifierKeys: await readVerifierKeys(options.key),
      published: await readPublishedNotes(options.checkpoint),
      ...(options.archives.length > 0 ? { archives: options.archives } : {}),
      onProgress: ({ checked, size }: VerificationProgress) => progress.show(checked, size),
    };
    if (options.from !== undefined) return toOutcome(await verifyFolder({ folder: options.from, ...shared }));
    const database = await ledger();
    const verification = await verifyLedger({
      database,
      ...shared,
      published: [...shared.published, ...(await readLastSigned(environment))],
      ...(options.since === undefined ? {} : { since: await readInput(options.since) }),
      ...(options.resume === undefined ? {} : { progress: new ProgressFile(options.resume) }),
      threads: createVerifyWorkers(threads),
    });
    const files = options.certificates.length > 0 ? options.certificates : getCertificateFiles(environment);
    const { undone } = await checkCertificates(database, files, shared.verifierKeys);
    const warnings = [...verification.warnings, ...(await listStateWarnings(database))];
    return toOutcome({ ...verification, warnings, unprotected: await findUnprotected(database) }, undone);
  },
});

/** The note must be read before the ledger, since a later note could cover events that the command has not read. */
async function readLastSigned(environment: CommandEnvironment): Promise<readonly string[]> {
  if (!(emptyToUndefined(environment.AUDIT_SIGNING_KEY_FILE) ?? emptyToUndefined(environment.AUDIT_CHECKPOINT_MEMORY)))
    return [];
  const lastSigned = new CheckpointRegister(getCheckpointMemoryPath(environment));
  const note = await lastSigned.read();
  if (note !== undefined) return [note];
  return statSync(lastSigned.path, { throwIfNoEntry: false })?.isFile() === true ? [''] : []; // an emptied file is refused as a note
}

/** Checks what the verdict does not depend on. What cannot be read is damage, which the verification names. */
async function listStateWarnings(database: string): Promise<readonly string[]> {
  try {
    const state = await useSession(database, READER, PROBE_LIMITS, readLedgerState);
    const parts = await runChecks([PARTITIONS, SEALING], { ledger: toKnownLedger(state) });
    return parts.flatMap(({ status, message, remedy = '' }) => (status === 'error' ? `${message} ${remedy}` : []));
  } catch {
    return [];
  }
}

function getCertificateFiles({ AUDIT_ERASURE_FILE, AUDIT_SIGNING_KEY_FILE }: CommandEnvironment): readonly string[] {
  const keyFile = emptyToUndefined(AUDIT_SIGNING_KEY_FILE);
  const file = emptyToUndefined(AUDIT_ERASURE_FILE) ?? (keyFile === undefined ? undefined : `${keyFile}.erasures`);
  return file !== undefined && existsSync(file) ? [file] : [];
}

function toOutcome(verification: Verification, undoneErasures: readonly UndoneErasure[] = []): Outcome {
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
    formatVerdictLine(
      verdict,
      `${origin === '' ? 'the ledger' : origin} has ${size} sealed events; checked ${checked}, of which ${erased} are erased in part and ${retired} retired; ${waiting} wait to be sealed`,
    ),
  ];
}

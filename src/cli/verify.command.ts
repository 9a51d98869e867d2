import { readFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { LastSignedFile } from '../modules/monitoring/signing/last-signed.js';
import type { CheckedSoFar } from '../modules/monitoring/verify/check-places.js';
import { describeFinding } from '../modules/monitoring/verify/finding.js';
import { ProgressFile } from '../modules/monitoring/verify/progress-file.js';
import type { Verification } from '../modules/monitoring/verify/verification.js';
import { verifyFolder } from '../modules/monitoring/verify/verify-folder.js';
import { verifyLedger } from '../modules/monitoring/verify/verify-ledger.js';
import { commandError } from './command-error.js';
import { EXIT_CODES, type CommandResult } from './command-result.js';
import { given, type CommandEnvironment } from './key-of-environment.js';
import { ledgerUrlIn } from './ledger-url.js';
import { ProgressLine } from './progress-line.js';
import { existsSync } from 'node:fs';
import { describeUndone, type UndoneErasure } from '../modules/monitoring/lifecycle/erasure/undone-erasures.js';
import { readPublishedNotes } from './published-notes.js';
import { NO_LEDGER, refuseCall } from './refuse-call.js';
import { checkCertificates } from './replay-erasures.js';
import { readVerifierKeys } from './verifier-keys.js';
import { parseCall } from './parse-call.js';

const HELP = `Usage: nestjs-audit-ledger verify [--database-url <url>] [--key <key>]… [--checkpoint <file>]… [options]
       nestjs-audit-ledger verify --from <dir> --key <key>… [--checkpoint <file>]… [options]

Recomputes the leaf of every sealed event from its stored row, and compares it with the stored leaf, the tiles, and every signed and
published checkpoint. Changes nothing, reads one snapshot, and needs only the right to read.

  --database-url  the ledger's database; default: AUDIT_DATABASE_URL or DATABASE_URL, in the environment or the file .env
  --schema        the ledger's database schema; default: the one that the connection finds, else audit
  --from          instead, a folder with the published log: checkpoint, tile/…, tile/entries/…. If a retirement removed bundles
                  and a later one its announcement: also that event's entry, in retirements/…
  --key           a verifier key, or a file with one on each line; default: the keys that the database names, with a warning
  --checkpoint    a signed checkpoint from outside of the database, or the file that the application appends them to
  --witness       the verifier key of a witness, or a file with one on each line: the checkpoint must have its cosignature
  --quorum        how many of these witnesses are enough; default: all
  --archive       an archive of retired events, or the folder of archives: each must be sound, and announced by the log. The
                  result counts the retired events in archives that you did not give; repeatable
  --certificates  the file with the certificates of erasures: lists the erasures that the ledger no longer reflects, for
                  example after a restore; repeatable
  --since         a signed checkpoint: everything before it was verified, and is not computed again
  --resume        a file that keeps how far it got: the next run, or one after an interruption, continues from there
  --threads       how many threads read and hash; default: one for each core, at most 4
  --progress      show the progress even if the standard error is not a terminal
  --json          print { "verdict", "origin", "size", "checked", "erased", "retired", "archives", "waiting", "checkpoint",
                  "findings", "totalFindings", "warnings", "unprotected", "cosigned", "undone" }
  --help          print this

Environment: if AUDIT_SIGNING_KEY_FILE is set, the last signed checkpoint, beside the key file, is one more --checkpoint, and
AUDIT_ERASURE_FILE, by default the key file's name and .erasures, is the file of --certificates.

Examples:
  nestjs-audit-ledger verify --key verifier.key --checkpoint checkpoints
  nestjs-audit-ledger verify --from log --key verifier.key --json

Exit code: 0 when the ledger is sound, 1 when it was tampered with or does not reflect an erasure, 2 when the command could not check it.
`;

const MAX_THREADS = 4;

/** `nestjs-audit-ledger verify`. Never rejects. */
export async function runVerify(args: readonly string[], environment: CommandEnvironment): Promise<CommandResult> {
  const line = new ProgressLine(process.stderr);
  try {
    const { values } = parseCall('verify', {
      args: [...args],
      options: {
        'database-url': { type: 'string' },
        schema: { type: 'string' },
        from: { type: 'string' },
        key: { type: 'string', multiple: true, default: [] },
        checkpoint: { type: 'string', multiple: true, default: [] },
        witness: { type: 'string', multiple: true, default: [] },
        quorum: { type: 'string' },
        archive: { type: 'string', multiple: true, default: [] },
        certificates: { type: 'string', multiple: true, default: [] },
        since: { type: 'string' },
        resume: { type: 'string' },
        threads: { type: 'string' },
        progress: { type: 'boolean', default: false },
        json: { type: 'boolean', default: false },
        help: { type: 'boolean', short: 'h' },
      },
    });
    if (values.help) return { exitCode: EXIT_CODES.fine, output: HELP };
    const count = Number(values.threads ?? Math.min(availableParallelism(), MAX_THREADS));
    if (!Number.isInteger(count) || count < 1 || count > 64) {
      return refuseCall('verify', ['--threads must be a whole number from 1 to 64']);
    }
    const isShown = values.progress || process.stderr.isTTY;
    let first: number | undefined;
    const onProgress = ({ checked, size }: CheckedSoFar): void => line.show(checked, size, (first ??= checked));
    if (values.quorum !== undefined && values.witness.length === 0) {
      return refuseCall('verify', ['--quorum needs --witness']);
    }
    const quorum = values.quorum === undefined ? {} : { quorum: Number(values.quorum) };
    const witnessed = { witnesses: { keys: await readVerifierKeys(values.witness), ...quorum } };
    const shared = {
      ...(values.witness.length > 0 ? witnessed : {}),
      verifierKeys: await readVerifierKeys(values.key),
      published: await readPublishedNotes(values.checkpoint),
      ...(values.archive.length > 0 ? { archives: values.archive } : {}),
      ...(isShown ? { onProgress } : {}),
    };
    if (values.from !== undefined) {
      return resultOf(await verifyFolder({ folder: values.from, ...shared }), values.json);
    }
    const database = await ledgerUrlIn(values.schema, values['database-url']);
    if (database === undefined) return refuseCall('verify', [NO_LEDGER]);
    const verification = await verifyLedger({
      database,
      ...shared,
      published: [...shared.published, ...(await readLastSigned(environment))],
      ...(values.since === undefined ? {} : { since: await readFile(values.since, 'utf8') }),
      ...(values.resume === undefined ? {} : { progress: new ProgressFile(values.resume) }),
      threads: { count, file: new URL('./verify-thread.js', import.meta.url) },
    });
    const files = values.certificates.length > 0 ? values.certificates : keptCertificates(environment);
    const { undone } = await checkCertificates(database, files, shared.verifierKeys);
    return resultOf(verification, values.json, undone);
  } catch (error) {
    return { exitCode: EXIT_CODES.notChecked, errors: `${commandError(error)}\n` };
  } finally {
    line.end();
  }
}

/** What was signed last, where the application's own key file is named; read before the ledger, which only grows. */
async function readLastSigned({ AUDIT_SIGNING_KEY_FILE: file }: CommandEnvironment): Promise<readonly string[]> {
  const path = given(file);
  const note = path === undefined ? undefined : await new LastSignedFile(path).read();
  return note === undefined ? [] : [note];
}

/** The file that the application appends certificates of erasures to, if there is one. */
function keptCertificates({ AUDIT_ERASURE_FILE, AUDIT_SIGNING_KEY_FILE }: CommandEnvironment): readonly string[] {
  const keyFile = given(AUDIT_SIGNING_KEY_FILE);
  const file = given(AUDIT_ERASURE_FILE) ?? (keyFile === undefined ? undefined : `${keyFile}.erasures`);
  return file !== undefined && existsSync(file) ? [file] : [];
}

function resultOf(
  verification: Verification,
  asJson: boolean,
  undoneErasures: readonly UndoneErasure[] = [],
): CommandResult {
  const isFine = verification.verdict === 'sound' && undoneErasures.length === 0;
  const exitCode = isFine ? EXIT_CODES.fine : EXIT_CODES.tampered;
  const undone = undoneErasures.map(describeUndone);
  const whole = undone.length === 0 ? verification : { ...verification, undone };
  const output = asJson ? JSON.stringify(whole, undefined, 2) : [...undone, describe(verification)].join('\n');
  return { exitCode, output: `${output}\n` };
}

function describe(verification: Verification): string {
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
          `archives: ${archives.proven} of ${retired} retired events are proven by ${archives.seen.length} archive(s); ${archives.unseen} rest on archives not seen`,
        ]
      : []),
    ...(cosigned ? [`cosigned: size ${cosigned.size} by ${cosigned.witnesses.join(', ')}`] : []),
    `${verdict}: ${origin} has ${size} sealed events; checked ${checked}, of which ${erased} are erased in part and ${retired} retired; ${waiting} wait to be sealed`,
  ].join('\n');
}

import 'reflect-metadata';
import { writeFile } from 'node:fs/promises';
import { Catalogue, errorMessage } from '../audit/index.js';
import { EXPORT_FORMATS } from '../modules/monitoring/export/export-format.js';
import { manifestOf, signManifest, type ExportManifest } from '../modules/monitoring/export/export-manifest.js';
import type { ExportProgress } from '../modules/monitoring/export/export-tally.js';
import { exportToFile, type ExportedFile, type FileExport } from '../modules/monitoring/export/export-to-file.js';
import type { ExportRequest } from '../modules/monitoring/export/ledger-export.js';
import { recordFileExport } from '../modules/monitoring/export/record-file-export.js';
import { signNote } from '../modules/monitoring/log/notes/signed-note.js';
import { readKeyFile } from '../modules/monitoring/signing/signing-key-file.js';
import { commandError } from './command-error.js';
import { EXIT_CODES, type CommandResult } from './command-result.js';
import { currentOperator } from './current-operator.js';
import { exportFilters } from './export-filters.js';
import { isDiskError } from '../modules/monitoring/errors/file-error.js';
import { keyOfEnvironment, type CommandEnvironment } from './key-of-environment.js';
import { ledgerUrlIn } from './ledger-url.js';
import { ProgressLine } from './progress-line.js';
import { NO_LEDGER, refuseCall } from './refuse-call.js';
import { parseCall } from './parse-call.js';

const HELP = `Usage: nestjs-audit-ledger export --output FILE [--format ${EXPORT_FORMATS.join('|')}] [--gzip] [options]

Writes the sealed events to a file, oldest first, and FILE.manifest beside it: a description of its content, signed with the
ledger's key, for nestjs-audit-ledger verify-export. The export is itself recorded as an event.

  --output        the file; it must not exist, except with --resume
  --format        default: jsonl
  --gzip          compress the file
  --proofs        add to each event the proof that it is in the log, for verify-export; jsonl only
  --mark          export up to the checkpoint of this size; default: the newest
  --bom           begin the file with a byte order mark, so that Excel reads it as UTF-8; csv only
  --filter        NAME=VALUE, as in the query of GET /audit/events: type=user_login_failed, from=2026-11-01; repeatable, all apply
  --tenant        only the events of this tenant; repeatable; default: all tenants
  --resume        continue a file whose export was interrupted; start it if it does not exist
  --actor         who does this, for the event; default: your user name and this machine
  --database-url  the ledger's database; default: AUDIT_DATABASE_URL or DATABASE_URL, in the environment or the file .env
  --schema        the ledger's database schema; default: the one that the connection finds, else audit
  --progress      show the progress even if the standard error is not a terminal
  --json          print the manifest's content
  --help          print this

Environment: AUDIT_SIGNING_KEY_FILE, AUDIT_LEDGER_ORIGIN, with the application's values.

Examples:
  nestjs-audit-ledger export --output 2026-11.jsonl.gz --gzip --filter from=2026-11-01

Exit code: 0 when the file and its manifest are complete, 2 when the command failed.
`;

/** `nestjs-audit-ledger export`. Never rejects. */
export async function runExport(args: readonly string[], environment: CommandEnvironment): Promise<CommandResult> {
  const line = new ProgressLine(process.stderr);
  try {
    const { values } = parseCall('export', {
      args: [...args],
      options: {
        output: { type: 'string' },
        format: { type: 'string', default: 'jsonl' },
        gzip: { type: 'boolean', default: false },
        proofs: { type: 'boolean', default: false },
        mark: { type: 'string' },
        bom: { type: 'boolean', default: false },
        filter: { type: 'string', multiple: true, default: [] },
        tenant: { type: 'string', multiple: true, default: [] },
        resume: { type: 'boolean', default: false },
        actor: { type: 'string', default: currentOperator() },
        'database-url': { type: 'string' },
        schema: { type: 'string' },
        progress: { type: 'boolean', default: false },
        json: { type: 'boolean', default: false },
        help: { type: 'boolean', short: 'h' },
      },
    });
    if (values.help) return { exitCode: EXIT_CODES.fine, output: HELP };
    const connectionUrl = await ledgerUrlIn(values.schema, values['database-url']);
    const format = EXPORT_FORMATS.find((each) => each === values.format);
    if (values.output === undefined) return refuseCall('export', ['--output is missing']);
    if (connectionUrl === undefined) return refuseCall('export', [NO_LEDGER]);
    if (format === undefined) {
      return refuseCall('export', [`--format is ${values.format}, not ${EXPORT_FORMATS.join(', ')}`]);
    }
    if (values.mark !== undefined && !/^\d{1,15}$/.test(values.mark)) {
      return refuseCall('export', [`--mark is ${values.mark}, not the size of a checkpoint`]);
    }
    const { file: keyFile, origin } = keyOfEnvironment(environment);
    const { signers } = await readKeyFile(keyFile, origin);
    const isShown = values.progress || process.stderr.isTTY;
    let first: number | undefined;
    const job: FileExportJob = {
      ledger: { connectionUrl, origin, catalogue: new Catalogue() },
      request: {
        access: values.tenant.length > 0 ? { scope: 'tenants', tenantIds: values.tenant } : { scope: 'all' },
        filters: await exportFilters(values.filter, values.resume),
        format,
        isCompressed: values.gzip,
        ...(values.proofs ? { withProofs: true } : {}),
        ...(values.bom ? { withByteOrderMark: true } : {}),
      },
      path: values.output,
      mark: values.mark === undefined ? undefined : Number(values.mark),
      isResumed: values.resume,
      actorId: values.actor,
      onProgress: ({ count, lastIndex = 0 }, mark) => {
        if (isShown) line.show(lastIndex + 1, mark, (first ??= lastIndex + 1 - count));
      },
    };
    const { manifest, file } = await exportAudited(job);
    await writeFile(
      `${job.path}.manifest`,
      signManifest(manifest, (text) => signNote(text, signers)),
      { flush: true },
    );
    await file.settle();
    return {
      exitCode: EXIT_CODES.fine,
      output: `${values.json ? JSON.stringify(manifest, undefined, 2) : describe(job, manifest)}\n`,
    };
  } catch (error) {
    return { exitCode: EXIT_CODES.notChecked, errors: `${messageOf(error)}\n` };
  } finally {
    line.end();
  }
}

interface FileExportJob extends Omit<FileExport, 'onBegin'> {
  readonly request: Omit<ExportRequest, 'mark'>;
  readonly actorId: string;
}

/** Exports, and records that it began and how it ended. */
async function exportAudited(
  job: FileExportJob,
): Promise<{ readonly manifest: ExportManifest; readonly file: ExportedFile }> {
  const { ledger, request, actorId } = job;
  const { connectionUrl, origin } = ledger;
  let exportId: string | undefined;
  let written: ExportProgress | undefined;
  try {
    const onBegin = async (id: string): Promise<void> => {
      exportId = id;
      await recordFileExport(connectionUrl, { exportId: id, actorId, request }, 'attempted');
    };
    const onProgress = (progress: ExportProgress, mark: number): void => {
      written = progress;
      job.onProgress?.(progress, mark);
    };
    const file = await exportToFile({ ...job, onBegin, onProgress });
    const { mark, totals } = file;
    const end = { mark: mark.size, progress: totals };
    const event = await recordFileExport(connectionUrl, { exportId: file.exportId, actorId, request }, 'success', end);
    const occasion = { exportId: file.exportId, origin, createdAt: event.occurredAt, createdBy: event.actor };
    return { manifest: manifestOf(occasion, request, mark, totals), file };
  } catch (error) {
    if (exportId !== undefined) {
      const told = { exportId, actorId, request };
      const end = { error, ...(written ? { progress: written } : {}) };
      await recordFileExport(connectionUrl, told, written ? 'partial' : 'failure', end).catch(() => undefined); // it is told already
    }
    throw error;
  }
}

function describe({ path }: FileExportJob, { count, firstIndex, lastIndex, mark, bytes }: ExportManifest): string {
  const range = firstIndex === null ? '' : `, with index ${firstIndex} to ${lastIndex}`;
  return `${path}: ${count} events${range}, of the ${mark} that are sealed; ${bytes} bytes of content. Its manifest is ${path}.manifest`;
}

/** What the database's client rejects with is explained; nothing names the address, which may hold a password. */
function messageOf(error: unknown): string {
  if (isDiskError(error)) {
    return `Cannot write the export: ${errorMessage(error)}. Make room for it, and continue with --resume.`;
  }
  return commandError(error);
}

import { existsSync } from 'node:fs';
import { rm, writeFile } from 'node:fs/promises';
import { getErrorMessage, type AuditEvent, type AuditOutcome } from '../../audit/nest-free.js';
import { LEDGER_READS } from '../../monitoring/read/access/own-events.js';
import { EXPORT_FORMATS, FILE_KINDS, type ExportFormat } from '../../monitoring/read/export/export-format.js';
import {
  buildManifest,
  formatManifest,
  type ExportManifest,
  describeExport,
  type ExportResult,
} from '../../monitoring/read/export/export-manifest.js';
import type { ExportProgress, ExportFilters, ExportRequest } from '../../monitoring/read/export/ledger-export.js';
import { exportToFile, exportToStream, type FileExport } from '../../monitoring/read/export/export-to-file.js';
import { notesOnValues } from '../../monitoring/read/query/unknown-values.js';
import { storeOwnEvent } from '../../monitoring/inbox/append-own-event.js';
import { useReader } from '../connection/use-ledger.js';
import { storedCatalogue } from '../../monitoring/store/own-types.js';
import { signNote } from '../../monitoring/proof/log/notes/signed-note.js';
import { defineCommand } from '../define-command.js';
import { flagOption, textOption, listOption, BY_OPTION, PROGRESS, READ_URL } from '../options.js';
import { isDiskError } from '../../monitoring/errors/file-error.js';
import { readCommandKey } from '../connection/key-settings.js';
import { readErrors } from '../../monitoring/errors/read.errors.js';
import {
  ExportQuery,
  FILE_QUERY,
  toExportFilters,
  resolveRelativeTimes,
} from '../../monitoring/http/export-query.dto.js';
import { readQuery } from '../../monitoring/read/query/parse-query.js';
import { parseParameters } from '../parse-parameters.js';

export const command = defineCommand({
  name: 'export',
  usage: ['[WORD]… [NAME=VALUE]… --output <file> [--format <format>] [options]'],
  about: [
    'Writes the sealed events to a file, oldest first. The file <file>.manifest beside it describes the content and is signed with the ledger’s key; verify checks it. The export itself is recorded as an event.',
  ],
  arguments: [
    [
      '[parameters...]',
      'words and NAME=VALUE, as in query, such as type=user_login_failed from=2026-11-01. Unlike query, the export includes reads of the ledger and row changes. Default: all events',
    ],
  ],
  options: {
    output: textOption('<file>', 'the new file, or an existing one with --resume or --force; - is the standard output'),
    manifest: textOption('<file>', 'the file for the manifest; default: <file>.manifest, and none for -'),
    force: flagOption('replace the file and its manifest if they exist'),
    format: textOption(
      '<format>',
      `${EXPORT_FORMATS.join(', ')}; default: by the name of the file, such as november.csv, or else jsonl`,
    ),
    gzip: flagOption('compress the file; default for a name that ends in .gz'),
    proofs: flagOption('add to each event a proof that the log contains the event, for verify; jsonl only'),
    treeSize: textOption('<size>', 'export up to the checkpoint of this size; default: the newest'),
    bom: flagOption('begin the file with a byte order mark, so that Excel reads it as UTF-8; csv only'),
    tenant: listOption('<id>', 'only the events of this tenant; default: all tenants'),
    resume: flagOption('continue a file whose export was interrupted; start it if it does not exist'),
    readUrl: READ_URL,
    by: BY_OPTION,
    progress: PROGRESS,
  },
  connects: 'application',
  records: true,
  json: 'and the fields of the manifest',
  environment: 'AUDIT_SIGNING_KEY_FILE, AUDIT_LEDGER_ORIGIN, with the application’s values.',
  examples: ['from=2026-11-01 --output november.csv.gz', '--output - --format csv > events.csv'],
  exitCodes: '0 when the file and its manifest are complete, 2 when the command failed.',
  run: async ({ options, words, environment, access, operator, isJson, progress, ledger, reader, count, refuse }) => {
    const { output = refuse('--output is missing'), resume, force } = options;
    const isStream = output === '-';
    const gzip = options.gzip || output.endsWith('.gz');
    const asked = options.format ?? formatNamed(output.replace(/\.gz$/, ''));
    const format = EXPORT_FORMATS.find((each) => each === asked);
    if (format === undefined) return refuse(`--format is ${asked}, not ${EXPORT_FORMATS.join(', ')}`);
    const treeSize = count('treeSize');
    if (isStream && (resume || force)) refuse(`${resume ? '--resume' : '--force'} needs a file: --output is -`);
    if (isStream && isJson)
      refuse('--json needs a file: with --output -, the export is written to the standard output');
    if (options.manifest === '-') refuse('--manifest needs the name of a file: - is the standard output');
    if (resume && force) refuse('--resume continues a file, and --force replaces it: remove one of them');
    const connectionUrl = await ledger();
    const readUrl = await reader(connectionUrl);
    const { signers, origin } = await readCommandKey(environment);
    const manifestPath = options.manifest ?? (isStream ? undefined : `${output}.manifest`);
    const job: FileExportJob = {
      ledger: { connectionUrl: readUrl, origin, catalogue: await useReader(readUrl, storedCatalogue) },
      primaryUrl: connectionUrl,
      request: {
        access,
        filters: exportFilters(words, resume),
        format,
        isCompressed: gzip,
        ...(options.proofs ? { withProofs: true } : {}),
        ...(options.bom ? { withByteOrderMark: true } : {}),
      },
      path: output,
      treeSize,
      isResumed: resume,
      actorId: operator,
      onProgress: ({ lastIndex = 0 }, treeSize) => progress.show(lastIndex + 1, treeSize),
    };
    try {
      if (force) await Promise.all([output, `${output}.progress`].map((path) => rm(path, { force: true })));
      else if (!resume || !existsSync(output)) {
        // An existing manifest may belong to another export.
        if (manifestPath !== undefined && existsSync(manifestPath))
          throw readErrors.AUDIT_REQUEST_INVALID.manifestIsThere(manifestPath);
      }
      const { manifest, settle } = await exportAudited(job, isStream);
      const signed = signNote(formatManifest(manifest), signers);
      if (manifestPath !== undefined) await writeFile(manifestPath, signed, { flush: true });
      await settle();
      return {
        text: isStream ? '' : `${describe(job, manifest, manifestPath)}\n`,
        data: manifest,
        warnings: [
          ...(await listExportNotes(job)),
          ...(manifestPath === undefined
            ? ['note: no manifest is written; give --manifest <file> so that verify can check the export']
            : []),
        ],
      };
    } catch (error) {
      if (!isDiskError(error)) throw error;
      const seen = `Cannot write the export: ${getErrorMessage(error)}. Free disk space`;
      return { error: `${seen}${isStream ? '.' : ', and continue with --resume.'}` };
    }
  },
});

/** Returns the format whose extension the name of the file has. The extension of JSON Lines ends those of other formats. */
function formatNamed(output: string): ExportFormat {
  return EXPORT_FORMATS.findLast((each) => output.endsWith(FILE_KINDS[each].extension)) ?? 'jsonl';
}

interface FileExportJob extends Omit<FileExport, 'onBegin'> {
  readonly request: Omit<ExportRequest, 'treeSize'>;
  readonly primaryUrl: string;
  readonly actorId: string;
}

async function exportAudited(
  job: FileExportJob,
  isStream: boolean,
): Promise<{ readonly manifest: ExportManifest; readonly settle: () => Promise<void> }> {
  const { ledger, request, actorId, primaryUrl: connectionUrl } = job;
  const { origin } = ledger;
  const actor = { type: 'admin', id: actorId } as const;
  const record = (id: string, outcome: AuditOutcome, end?: ExportResult): Promise<AuditEvent> =>
    storeOwnEvent(connectionUrl, LEDGER_READS.exported, { ...describeExport(id, request, outcome, end), actor });
  let exportId: string | undefined;
  let written: ExportProgress | undefined;
  try {
    const onBegin = async (id: string): Promise<void> => {
      exportId = id;
      await record(id, 'attempted');
    };
    const onProgress = (progress: ExportProgress, treeSize: number): void => {
      written = progress;
      job.onProgress?.(progress, treeSize);
    };
    const options = { ...job, onBegin, onProgress };
    const file = isStream ? await exportToStream(options, process.stdout) : await exportToFile(options);
    const { checkpoint, totals } = file;
    const event = await record(file.exportId, 'success', { treeSize: checkpoint.size, progress: totals });
    const occasion = { exportId: file.exportId, origin, createdAt: event.occurredAt, createdBy: event.actor };
    return { manifest: buildManifest(occasion, request, checkpoint, totals), settle: () => file.settle() };
  } catch (error) {
    if (exportId !== undefined) {
      const end = { error, ...(written ? { progress: written } : {}) };
      await record(exportId, written ? 'partial' : 'failure', end).catch(() => undefined); // the export's own error is already reported
    }
    throw error;
  }
}

async function listExportNotes({ ledger, request }: FileExportJob): Promise<readonly string[]> {
  const notes = await useReader(ledger.connectionUrl, (reader) =>
    notesOnValues(reader, ledger.catalogue, request.access, request.filters),
  );
  return notes.map((note) => `note: ${note}`);
}

function describe(
  { path }: FileExportJob,
  { count, firstIndex, lastIndex, treeSize, bytes }: ExportManifest,
  manifestPath: string | undefined,
): string {
  const range = firstIndex === null ? '' : `, with index ${firstIndex} to ${lastIndex}`;
  return `${path}: ${count} of ${treeSize} sealed events${range}; ${bytes} bytes of content. The manifest is ${manifestPath ?? ''}`;
}

/**
 * Reads the filters of an export from arguments, by the same rules as the HTTP route for exports.
 *
 * @throws `AUDIT_REQUEST_INVALID`, `AUDIT_QUERY_INVALID`
 */
function exportFilters(input: readonly string[], isResumed: boolean): ExportFilters {
  if (input.length === 0) return {};
  const parameters = parseParameters(input);
  const others = Object.keys(parameters).filter((name) => FILE_QUERY.has(name));
  if (others.length > 0) throw readErrors.AUDIT_REQUEST_INVALID.noFilter(others);
  // A resumed export refuses relative times, as the HTTP route does, because -24h now means another time.
  return toExportFilters(
    resolveRelativeTimes(readQuery(ExportQuery, isResumed ? { ...parameters, treeSize: '0' } : parameters)),
  );
}

import { AuditError } from '../../../audit/plain.js';

export class ExportRequestError extends AuditError {
  readonly code = 'AUDIT_EXPORT_REQUEST_INVALID';

  static unknownMark(size: number): ExportRequestError {
    return new ExportRequestError(
      `Cannot export up to ${size}: no checkpoint of the ledger has that size. Give the mark of the export to resume, or omit the mark.`,
    );
  }

  static otherOrigin(signed: string, own: string): ExportRequestError {
    return new ExportRequestError(
      `Cannot export as ${own}: the newest checkpoint is of the ledger ${signed}. ` +
        'Give the key and the origin of this ledger: for a command, AUDIT_SIGNING_KEY_FILE and AUDIT_LEDGER_ORIGIN.',
    );
  }

  static noFilter(names: readonly string[]): ExportRequestError {
    return new ExportRequestError(
      `Cannot export by ${names.join(', ')}: it is not a filter. Give the filters of GET /audit/events, as NAME=VALUE.`,
    );
  }

  static noProofs(format: string): ExportRequestError {
    return new ExportRequestError(
      `Cannot export proofs as ${format}: only JSON Lines can contain proofs. Give the format jsonl, or omit the proofs.`,
    );
  }

  static noByteOrderMark(format: string): ExportRequestError {
    return new ExportRequestError(
      `Cannot begin ${format} with a byte order mark: only CSV may have one. Give the format csv, or omit bom.`,
    );
  }

  static beyondEnd(offset: number, bytes: number): ExportRequestError {
    return new ExportRequestError(
      `Cannot resume at byte ${offset}: this export has ${bytes} bytes. Start a new export.`,
    );
  }

  static manifestIsThere(file: string): ExportRequestError {
    return new ExportRequestError(
      `Cannot write the manifest ${file}: the file exists. Name another output, or replace both files with --force.`,
    );
  }

  static changed(file: string): ExportRequestError {
    return new ExportRequestError(
      `Cannot resume ${file}: its beginning does not match its progress file. Remove both, and start a new export.`,
    );
  }

  static other(file: string): ExportRequestError {
    return new ExportRequestError(
      `Cannot resume ${file}: it was begun with another format, other filters or another access. Give the original options, or another file.`,
    );
  }

  static otherMark(file: string, mark: number): ExportRequestError {
    return new ExportRequestError(
      `Cannot resume ${file}: it was begun with the mark ${mark}. Give --mark ${mark}, omit --mark, or give another file.`,
    );
  }

  static isThere(file: string, isResumed: boolean): ExportRequestError {
    return new ExportRequestError(
      isResumed
        ? `Cannot resume ${file}: ${file}.progress is missing, so the export is complete, or the file is not an export. Remove the file, or give another one.`
        : `Cannot begin ${file}: the file exists. Resume the export with --resume, remove the file, or give another file.`,
    );
  }
}

/** Too many exports run at the same time. */
export class ExportsBusyError extends AuditError {
  readonly code = 'AUDIT_EXPORTS_BUSY';

  static create(running: number): ExportsBusyError {
    return new ExportsBusyError(
      `Cannot begin another export: ${running} exports are running. Wait until an export ends, and try again.`,
    );
  }
}

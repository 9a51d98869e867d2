import { AuditError } from '../../../audit/plain.js';

/** A request for an export that cannot be made. */
export class ExportRequestError extends AuditError {
  readonly code = 'AUDIT_EXPORT_REQUEST_INVALID';

  static unknownMark(size: number): ExportRequestError {
    return new ExportRequestError(
      `Cannot export up to ${size}: no checkpoint of the ledger has that size. Give the mark of the export to resume, or leave it out.`,
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
      `Cannot export proofs as ${format}: only JSON Lines can hold proofs. Give the format jsonl, or leave the proofs out.`,
    );
  }

  static noByteOrderMark(format: string): ExportRequestError {
    return new ExportRequestError(
      `Cannot begin ${format} with a byte order mark: only CSV may have one. Give the format csv, or leave bom out.`,
    );
  }

  static beyondEnd(offset: number, bytes: number): ExportRequestError {
    return new ExportRequestError(
      `Cannot resume at byte ${offset}: this export has ${bytes} bytes. Start a new export.`,
    );
  }

  static manifestIsThere(file: string): ExportRequestError {
    return new ExportRequestError(
      `Cannot write the manifest ${file}: it is there already. Name another output, or replace both by --force.`,
    );
  }

  static changed(file: string): ExportRequestError {
    return new ExportRequestError(
      `Cannot resume ${file}: its beginning does not match its progress file. Remove both, and start a new export.`,
    );
  }

  static other(file: string): ExportRequestError {
    return new ExportRequestError(
      `Cannot resume ${file}: it was begun with another format, other filters or another access. Give the same, or another file.`,
    );
  }

  static otherMark(file: string, mark: number): ExportRequestError {
    return new ExportRequestError(
      `Cannot resume ${file}: it was begun with the mark ${mark}. Give --mark ${mark}, leave --mark out, or give another file.`,
    );
  }

  static isThere(file: string, isResumed: boolean): ExportRequestError {
    return new ExportRequestError(
      isResumed
        ? `Cannot resume ${file}: ${file}.progress is missing, so the export is complete, or the file is not an export. Remove it, or give another file.`
        : `Cannot begin ${file}: it is there already. Give --resume to resume it, remove it, or give another file.`,
    );
  }
}

/** More exports run than the ledger's server should serve at once. */
export class ExportsBusyError extends AuditError {
  readonly code = 'AUDIT_EXPORTS_BUSY';

  static create(running: number): ExportsBusyError {
    return new ExportsBusyError(
      `Cannot begin another export: ${running} are running. Wait until one of them is done, and ask again.`,
    );
  }
}

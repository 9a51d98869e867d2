import { AuditError } from '../../audit/plain.js';

export class ReportRequestError extends AuditError {
  readonly code = 'AUDIT_REPORT_REQUEST_INVALID';

  static unknownMark(mark: number): ReportRequestError {
    return new ReportRequestError(
      `Cannot make the report: no checkpoint has the size ${mark}. Remove --mark, or give the second line of a checkpoint of this ledger.`,
    );
  }

  static emptyRange(from: Date, to: Date): ReportRequestError {
    return new ReportRequestError(
      `Cannot make the report: the time range begins at ${from.toISOString()}, and ends at ${to.toISOString()}. Give a --to that is later than --from.`,
    );
  }

  /** @param seen what the scan of the application found, in sentences */
  static unreadApplication(target: string, seen: string): ReportRequestError {
    return new ReportRequestError(
      `Cannot make the report: the options of ${target} are unknown (${seen}). Name the file and the export of the root module, or remove the file.`,
    );
  }

  static filled(folder: string): ReportRequestError {
    return new ReportRequestError(
      `Cannot write the bundle: ${folder} already contains files, which may belong to another report. Name a new folder.`,
    );
  }

  static taken(file: string): ReportRequestError {
    return new ReportRequestError(
      `Cannot write the report: ${file} exists already. Name another file, or use --force to replace it.`,
    );
  }
}

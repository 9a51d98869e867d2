import { open, readFile, rename, rm } from 'node:fs/promises';
import { canonicalJson, errorCode, parseJson } from '../../../audit/plain.js';
import { ExportRequestError } from './export-request.error.js';
import type { ExportTotals } from './export-tally.js';
import type { ExportRequest } from './ledger-export.js';

/** How far an export into a file is: what lies on the disk, at least. */
export interface KeptProgress {
  readonly exportId: string;
  readonly mark: number;
  readonly totals: ExportTotals;
}

/** The file `<export>.progress`, by which an export that was interrupted continues. */
export class ProgressOfFile {
  private readonly path: string;
  private readonly request: string;

  /** @param request without its mark: only the same export continues */
  constructor(
    private readonly file: string,
    request: Omit<ExportRequest, 'mark'>,
    origin: string,
  ) {
    this.path = `${file}.progress`;
    this.request = canonicalJson({ ...request, origin });
  }

  /**
   * What was kept; `undefined` when nothing was.
   *
   * @throws ExportRequestError (`AUDIT_EXPORT_REQUEST_INVALID`) when it is of another export, or no progress at all
   */
  async read(): Promise<KeptProgress | undefined> {
    let text: string;
    try {
      text = await readFile(this.path, 'utf8');
    } catch (error) {
      if (errorCode(error) === 'ENOENT') return undefined;
      throw error;
    }
    const { request, ...kept } = this.parse(text);
    if (request !== this.request) throw ExportRequestError.other(this.file);
    return kept;
  }

  private parse(text: string): KeptProgress & { readonly request: string } {
    try {
      return parseJson(text) as KeptProgress & { readonly request: string }; // as keep() wrote it
    } catch {
      throw ExportRequestError.changed(this.file);
    }
  }

  /** Keeps it, durably; the export's own bytes must be on the disk before. */
  async keep(progress: KeptProgress): Promise<void> {
    const draft = `${this.path}.draft`;
    const file = await open(draft, 'w');
    try {
      await file.writeFile(JSON.stringify({ request: this.request, ...progress }));
      await file.datasync();
    } finally {
      await file.close();
    }
    await rename(draft, this.path);
  }

  async forget(): Promise<void> {
    await rm(this.path, { force: true });
  }
}

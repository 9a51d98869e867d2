import { canonicalJson } from '../../../base/json/canonical-json.js';
import { errorMessage } from '../../../base/errors/error-facts.js';
import { columnsOfLine, type ColumnsRow, type LinePlace } from './archive-columns.js';
import type { ArchiveLine } from './archive-line.js';

const MAX_FINDINGS = 1_000;

/** Compares the rows of an archive's Parquet file with the archive's lines. The caller must add the lines in the order of the archive. */
export class ColumnsCheck {
  /** Sentences about rows that differ from their lines, and about missing or extra rows; at most 1,000. */
  readonly findings: string[] = [];
  /** The number of lines for which the columns state a wrong position, and the index of the first such line. */
  misplaced: { readonly count: number; readonly first: number } | undefined;
  private row: ColumnsRow | undefined;
  private isBroken = false;
  private member: { readonly key: string; readonly lines: readonly string[] } | undefined;

  /** @param readMember resolves with `undefined` if the gzip member does not match the digest in the columns */
  constructor(
    private readonly rows: AsyncIterator<ColumnsRow>,
    private readonly readMember: (place: Omit<LinePlace, 'nth'>) => Promise<readonly string[] | undefined>,
  ) {}

  /** Compares the next line with its row. @param text the line as it is stored */
  async add(line: ArchiveLine, text: string): Promise<void> {
    await this.skipTo(line.index);
    if (this.isBroken) return;
    const { member, size, digest, nth, ...own } = this.row ?? {};
    if (own.index !== line.index) {
      this.note(`The columns have no row for the event at index ${line.index}.`);
      return;
    }
    this.row = undefined;
    if (textOf(own) !== textOf(columnsOfLine(line))) {
      this.note(`The columns of the event at index ${line.index} differ from its line.`);
    }
    const place = { member, size, digest, nth } as LinePlace; // linesOf() finds no lines at an invalid position
    if ((await this.linesOf(place))?.[place.nth] !== text) {
      this.misplaced = { count: (this.misplaced?.count ?? 0) + 1, first: this.misplaced?.first ?? line.index };
    }
  }

  async finish(): Promise<void> {
    await this.skipTo(Infinity);
    await this.rows.return?.();
  }

  private note(finding: string): void {
    if (this.findings.length < MAX_FINDINGS) this.findings.push(finding);
  }

  private async skipTo(index: number): Promise<void> {
    for (;;) {
      this.row ??= await this.next();
      if (!this.row || Number(this.row.index) >= index) return;
      this.note(`The columns have an extra row with the index ${String(this.row.index)}.`);
      this.row = undefined;
    }
  }

  private async next(): Promise<ColumnsRow | undefined> {
    if (this.isBroken) return undefined;
    try {
      const { value, done = false } = (await this.rows.next()) as IteratorResult<ColumnsRow, undefined>; // the result of a generator
      return done ? undefined : value;
    } catch (error) {
      this.isBroken = true;
      this.note(`The columns cannot be read: ${errorMessage(error)}.`);
      return undefined;
    }
  }

  private async linesOf({ member, size, digest }: LinePlace): Promise<readonly string[] | undefined> {
    const key = `${member} ${size} ${digest}`;
    if (this.member?.key !== key) {
      const lines = await this.readMember({ member, size, digest }).catch(() => undefined);
      this.member = { key, lines: lines ?? [] };
    }
    return this.member.lines;
  }
}

function textOf(row: ColumnsRow): string {
  return canonicalJson(row);
}

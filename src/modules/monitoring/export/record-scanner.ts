import type { ExportFormat } from './export-format.js';
import { parseJson } from '../../../audit/plain.js';

const QUOTATION_MARK = 0x22;
const NEWLINE = 0x0a;

/** Takes the bytes of an export's file, in chunks of any length, for its records: lines, or records of CSV. */
export class RecordScanner {
  private begun: Buffer = Buffer.alloc(0);
  private isQuoted = false;

  constructor(private readonly format: ExportFormat) {}

  /** The records that end in this chunk, each with its end of line. */
  *scan(chunk: Buffer): Generator<Buffer> {
    const bytes = this.begun.length === 0 ? chunk : Buffer.concat([this.begun, chunk]);
    let from = 0;
    for (let at = this.begun.length; at < bytes.length; at++) {
      const byte = bytes[at];
      if (byte === QUOTATION_MARK && this.format === 'csv') this.isQuoted = !this.isQuoted;
      if (byte !== NEWLINE || this.isQuoted) continue;
      yield bytes.subarray(from, at + 1);
      from = at + 1;
    }
    this.begun = bytes.subarray(from);
  }

  /** Whether a record was begun and has no end. */
  get isTorn(): boolean {
    return this.begun.length > 0;
  }
}

/** The index that a record says; `undefined` when it says none. Never throws. */
export function indexOfRecord(record: Buffer, format: ExportFormat): number | undefined {
  const text = record.toString('utf8');
  const index: unknown = format === 'csv' ? Number(/^\d+(?=,)/.exec(text)?.[0]) : indexOfJson(text, format);
  return Number.isSafeInteger(index) ? (index as number) : undefined; // a safe integer is a number
}

function indexOfJson(text: string, format: ExportFormat): unknown {
  try {
    const event = parseJson(text) as ShownIndex; // anything else has no such members
    if (format === 'jsonl') return event.index;
    return format === 'ocsf' ? event.metadata?.sequence : Number(event.sequence);
  } catch {
    return undefined;
  }
}

interface ShownIndex {
  readonly index?: unknown;
  readonly metadata?: { readonly sequence?: unknown };
  readonly sequence?: unknown;
}

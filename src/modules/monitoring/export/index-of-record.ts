import type { ExportFormat } from './export-format.js';
import { parseJson } from '../../../audit/plain.js';

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

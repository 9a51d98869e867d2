import { getErrorMessage } from '../../base/errors/error-facts.js';
import { checkLine } from '../inbox/event-line.js';
import { unpackBody, type RowBody } from '../inbox/inbox-row.js';
import type { ClassifiedEvent } from '../proof/sealing/personal-tree.js';
import { isSignedByAny, type SignedRow } from '../store/inbox-keys.js';
import { formatArrays } from '../store/insert-batch.js';
import { sealLine, type SealedRow, type StoredEvent } from '../store/seal-row.js';

/** A part of a batch has at most so many lines, and ends with the line that exceeds so many characters. */
const PART = { lines: 128, characters: 256 * 1024 };

/** A row of lines, as its writer made it. */
export interface RowOfLines extends Omit<SignedRow, 'body'> {
  readonly body: RowBody;
}

/** The indexes of a row in a batch, and of a line in this row. */
export interface LinePosition {
  readonly row: number;
  readonly nth: number;
}

/** A line that can be sealed. The event itself stays in the row. */
export interface CheckedLine extends LinePosition, StoredEvent, Pick<SealedRow, 'salt'>, Pick<ClassifiedEvent, 'once'> {
  readonly type: string;
}

/** A line that cannot be sealed, or a row that no known writer signed. */
export interface RefusedLine extends LinePosition {
  readonly line: string;
  readonly reason: string;
}

export interface CheckedPart {
  readonly lines: readonly (CheckedLine | RefusedLine)[];
  /** The parameters of the statement that stores all checked lines of the part. */
  readonly texts: readonly string[];
}

export const UNKNOWN_WRITER =
  'Cannot seal the row: it has no valid signature by the writerKey of this application. If an instance has another key, correct that, and retry. Otherwise, find out who writes with the login of the application.';

export const BROKEN_ROW = 'Cannot seal the row: no writer of this library packed it. Its bytes are kept as base64.';

/** Checks and seals the lines of a batch, and makes the parameters of the statements that store them. @param keys the keys of the writers */
export function* checkRows(rows: readonly RowOfLines[], keys: readonly Uint8Array[]): Generator<CheckedPart> {
  let lines: (CheckedLine | RefusedLine)[] = [];
  let sealed: SealedRow[] = [];
  let characters = 0;
  for (const [row, input] of rows.entries()) {
    const { texts, reason } = readRow(input, keys);
    for (const [nth, line] of texts.entries()) {
      const result = reason === undefined ? sealOrRefuse(line, input.seed) : { line, reason };
      if ('sealed' in result) sealed.push(result.sealed);
      lines.push({ ...('sealed' in result ? summarizeLine(result) : result), row, nth });
      characters += line.length;
      if (lines.length < PART.lines && characters < PART.characters) continue;
      yield { lines, texts: formatArrays(sealed) };
      [lines, sealed, characters] = [[], [], 0];
    }
  }
  yield { lines, texts: formatArrays(sealed) };
}

/** Returns the lines of a row. Of a row that no writer made, returns the whole body and the reason. */
function readRow(
  { body, ...row }: RowOfLines,
  keys: readonly Uint8Array[],
): { readonly texts: readonly string[]; readonly reason?: string } {
  if (typeof body !== 'string') {
    const text = unpackBody(body);
    if (text !== undefined) return readRow({ ...row, body: text }, keys);
    return { texts: [Buffer.from(body.packed).toString('base64')], reason: BROKEN_ROW };
  }
  if (!isSignedByAny(keys, { ...row, body })) return { texts: [body], reason: UNKNOWN_WRITER };
  return { texts: body.split('\n') };
}

interface SealedLine {
  readonly classified: ClassifiedEvent;
  readonly sealed: SealedRow;
}

function sealOrRefuse(line: string, seed: Uint8Array): SealedLine | Pick<RefusedLine, 'line' | 'reason'> {
  try {
    const classified = checkLine(line);
    return { classified, sealed: sealLine(classified, seed) };
  } catch (error) {
    return { line, reason: getErrorMessage(error) };
  }
}

function summarizeLine({ classified, sealed }: SealedLine): Omit<CheckedLine, keyof LinePosition> {
  const {
    event: { id, type },
    once,
  } = classified;
  const { leafHash, salt } = sealed;
  return { event: { id }, type, leafHash, salt, ...(once !== undefined && { once }) };
}

/** Returns a line that {@link checkRows} read. */
export function getLine({ body }: Pick<RowOfLines, 'body'>, nth: number): string {
  return unpackBody(body)?.split('\n')[nth] ?? '';
}

import type { Readable } from 'node:stream';
import { to as copyTo } from 'pg-copy-streams';
import type { LedgerQueries, LedgerSession } from '../store/sessions/ledger-session.js';
import { COPIED_EXPRESSIONS, PROOF_EXPRESSIONS } from './copied-row.js';
import { ExportRequestError } from './export-request.error.js';

/** Where an export ends: it holds only events below the mark, so that its checkpoint proves each of them. */
export interface ExportMark {
  /** The tree size of the checkpoint; 0 while nothing is sealed. */
  readonly size: number;
  /** The signed note; absent while nothing is sealed. */
  readonly checkpoint?: string;
}

/** Which events are copied. */
export interface CopiedPart {
  /** SQL conditions that all hold, with the values of their placeholders. */
  readonly conditions: readonly string[];
  readonly values: readonly unknown[];
  readonly mark: number;
  /** Whether the columns for proofs are copied, too. */
  readonly withProofs: boolean;
  /** Only events behind this id are copied. */
  readonly after?: string | undefined;
  /**
   * The range of ids that the conditions allow, both ends included. The server applies the conditions to the events only, and would
   * otherwise read all places.
   */
  readonly from?: string | undefined;
  readonly to?: string | undefined;
}

const MARK = `SELECT size, note FROM audit_checkpoint WHERE $1::bigint IS NULL OR size = $1 ORDER BY size DESC LIMIT 1`;

/**
 * Finds the newest checkpoint, or the one of this size.
 *
 * @throws ExportRequestError (`AUDIT_EXPORT_REQUEST_INVALID`) when no checkpoint has this size
 */
export async function findMark(session: LedgerQueries, size?: number): Promise<ExportMark> {
  const [newest] = await session.rows(MARK, [size ?? null]);
  if (newest) return { size: Number(newest.size), checkpoint: String(newest.note) };
  if (size !== undefined && size !== 0) throw ExportRequestError.unknownMark(size);
  return { size: 0 };
}

/** Copies the rows of these events, by id, in PostgreSQL's text format. It reads no faster than its reader. */
export function copyEvents(session: LedgerSession, part: CopiedPart): Readable {
  const { conditions, values, mark, withProofs, after, from, to } = part;
  const quote = (text: string): string => session.literal(text);
  const where = ['true', ...conditions]
    .join(' AND ')
    .replace(/\$(\d+)/g, (_, nth) => literalOf(values[Number(nth) - 1], quote));
  const isLater = after === undefined ? '' : ` AND id > ${quote(after)}`;
  const ends = Object.entries({ '>': after, '>=': from, '<': to });
  const places = ends.map(([is, id]) => (id === undefined ? '' : ` AND event_id ${is} ${quote(id)}`));
  return session.submit(
    copyTo(`
      COPY (
        SELECT ${[COPIED_EXPRESSIONS, ...(withProofs ? [PROOF_EXPRESSIONS] : [])].join(', ')}
          FROM audit_event
          JOIN (SELECT index, event_id FROM audit_leaf WHERE index < ${mark}${places.join('')}) place
            ON place.event_id = id
         WHERE (${where})${isLater}
         ORDER BY id
      ) TO STDOUT`),
  );
}

/** COPY takes no parameters. A literal works like a parameter: its place determines its type. */
function literalOf(value: unknown, quote: (text: string) => string): string {
  if (value === null || value === undefined) return 'NULL';
  if (Array.isArray(value)) return quote(`{${value.map(elementOf).join(',')}}`);
  if (value instanceof Date) return quote(value.toISOString());
  return quote(typeof value === 'string' ? value : JSON.stringify(value));
}

function elementOf(value: unknown): string {
  return `"${String(value).replace(/["\\]/g, String.raw`\$&`)}"`;
}

import { parseJson, type JsonObject } from '../../../audit/plain.js';
import type { LedgerAccess } from '../access/ledger-access.js';
import { encodeBase64 } from '../log/notes/encoding.js';
import { proveInclusion } from '../log/tiles/prove.js';
import { keepTiles, type TileReader } from '../log/tiles/tile-reader.js';
import { EVENT_COLUMNS } from '../store/event-columns.js';
import type { PersonalProof } from '../sealing/leaf-of-shown.js';
import { personalOfRow } from '../store/ledger-row.js';
import { MARKED_COLUMNS, PERSONAL_COLUMNS } from '../store/personal-columns.js';
import type { LedgerEvent } from '../query/ledger-event.js';
import { INDEX, nthOf, type CopiedRow } from './copied-row.js';
import type { BlockSource } from './export-blocks.js';

/** Proves, together with its event, that the event is at its index in the tree of the export's checkpoint. */
export interface LineProof extends PersonalProof {
  /** base64, from the leaf's sibling up to the root's child. */
  readonly hashes: readonly string[];
}

const SALT = nthOf('personal_salt');
const COMMITMENT = nthOf('personal_commitment');
const ACTOR_ID = nthOf('actor_id');

/** The columns that {@link personalOfRow} reads. */
const PERSONAL = EVENT_COLUMNS.filter(
  ({ name }) =>
    name === 'personal' ||
    name === 'personal_columns' ||
    [...PERSONAL_COLUMNS, ...MARKED_COLUMNS].some((own) => own.name === name),
).map(({ name }) => ({ name, nth: nthOf(name), isRead: name === 'personal' || name === 'personal_columns' }));

/** Writes lines of JSON with one more member at the end, `proof`: a {@link LineProof}. */
export function provenLines(
  eventOf: (row: CopiedRow) => LedgerEvent,
  access: LedgerAccess,
  size: number,
  readTile: TileReader,
): BlockSource['lineOf'] {
  const kept = keepTiles(readTile);
  return async (row) => {
    const hashes = await proveInclusion(Number(row[INDEX]), size, kept);
    const proof = { ...personalProof(row, access), hashes: hashes.map(encodeBase64) };
    return `${JSON.stringify({ ...eventOf(row), proof })}\n`;
  };
}

/** A reader who may not see the personal part gets no salt to test guesses with. */
function personalProof(row: CopiedRow, access: LedgerAccess): Omit<LineProof, 'hashes'> {
  const commitment = row[COMMITMENT] ?? null;
  const salt = row[SALT] ?? null;
  const isShown = access.scope !== 'subject' || row[ACTOR_ID] === access.subjectId;
  const personal = isShown ? Object.keys(personalOfRow(personalColumns(row)) ?? {}) : [];
  return {
    ...(commitment === null ? {} : { commitment }),
    ...(salt === null || personal.length === 0 ? {} : { salt }),
    ...(personal.length === 0 ? {} : { personal }),
  };
}

function personalColumns(row: CopiedRow): Readonly<Record<string, unknown>> {
  const values = PERSONAL.map(({ name, nth, isRead }) => {
    const text = row[nth] ?? null;
    return [name, isRead && text !== null ? (parseJson(text) as JsonObject | number) : text]; // as its writer put it there
  });
  return Object.fromEntries(values) as Readonly<Record<string, unknown>>;
}

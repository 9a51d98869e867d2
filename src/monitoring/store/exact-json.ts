import pg from 'pg';
import { canonicalJson } from '../../base/json/canonical-json.js';
import { parseJson } from '../../base/json/parse-json.js';

const JSON_TYPE = 114;
const JSONB_TYPE = 3802;
const JSON_TYPES: readonly number[] = [JSON_TYPE, JSONB_TYPE];

/** The option `types` of a client. {@link parseJson} parses JSON columns; all other columns have the client's parsers. */
export const EXACT_JSON: pg.CustomTypesConfig = {
  getTypeParser: (id: number, format?: 'text' | 'binary'): unknown =>
    JSON_TYPES.includes(id) && format !== 'binary' ? parseJson : pg.types.getTypeParser(id, format), // eslint-disable-line @typescript-eslint/no-unsafe-enum-assignment -- there are more types than the enum has
};

/** These parsers make a verification independent of the application's parsers and the session's settings. */
const PARSERS: ReadonlyMap<number, (value: string) => unknown> = new Map<number, (value: string) => unknown>([
  [16, (value) => value === 't'],
  [17, (value) => Buffer.from(value.slice(2), 'hex')],
  [20, Number],
  [21, Number],
  [23, Number],
  [JSON_TYPE, readCanonical],
  [JSONB_TYPE, (value) => parseJson(value)],
]);

/** JSON that is not canonical, such as an object that repeats a name, stays a text, so that its hash differs. */
function readCanonical(text: string): unknown {
  const value = parseJson(text);
  try {
    return canonicalJson(value) === text ? value : text;
  } catch {
    return value; // the recomputation of the leaf hash refuses a value without a canonical form
  }
}

const TEXT = (value: string): string => value;

/** The option `types` of a database client for verification. Whole numbers, booleans, bytes and JSON are parsed; other values stay text. */
export const VERIFIED_TYPES = { getTypeParser: (id: number): unknown => PARSERS.get(id) ?? TEXT };

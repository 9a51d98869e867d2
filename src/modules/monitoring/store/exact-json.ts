import pg from 'pg';
import { canonicalJson, parseJson } from '../../../audit/plain.js';

const JSON_TYPE = 114;
const JSONB_TYPE = 3802;
const JSON_TYPES: readonly number[] = [JSON_TYPE, JSONB_TYPE];

/** For the option `types` of a client: columns of JSON are read by {@link parseJson}, all others as ever. */
export const EXACT_JSON: pg.CustomTypesConfig = {
  getTypeParser: (id: number, format?: 'text' | 'binary'): unknown =>
    JSON_TYPES.includes(id) && format !== 'binary' ? parseJson : pg.types.getTypeParser(id, format), // eslint-disable-line @typescript-eslint/no-unsafe-enum-assignment -- there are more types than the enum has
};

/** By type, so that neither the application's parsers nor the session's settings change what verification reads. */
const PARSERS: ReadonlyMap<number, (value: string) => unknown> = new Map<number, (value: string) => unknown>([
  [16, (value) => value === 't'],
  [17, (value) => Buffer.from(value.slice(2), 'hex')],
  [20, Number],
  [21, Number],
  [23, Number],
  [JSON_TYPE, readCanonical],
  [JSONB_TYPE, (value) => parseJson(value)],
]);

/** The ledger's writer stores canonical JSON. Other JSON, such as one with a name twice, stays a text, so that its hash differs. */
function readCanonical(text: string): unknown {
  const value = parseJson(text);
  try {
    return canonicalJson(value) === text ? value : text;
  } catch {
    return value; // what it has no form for is refused when the row is sealed again
  }
}

const TEXT = (value: string): string => value;

/** For the option `types` of a client that verifies: whole numbers as numbers, times and the rest as the server wrote them. */
export const VERIFIED_TYPES = { getTypeParser: (id: number): unknown => PARSERS.get(id) ?? TEXT };

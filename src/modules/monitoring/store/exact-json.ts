import pg from 'pg';
import { parseJson } from '../../../audit/index.js';

/** The types json and jsonb. */
const JSON_TYPES: readonly number[] = [114, 3802];

/** For the option `types` of a client: columns of JSON are read by {@link parseJson}, all others as ever. */
export const EXACT_JSON: pg.CustomTypesConfig = {
  getTypeParser: (id: number, format?: 'text' | 'binary'): unknown =>
    JSON_TYPES.includes(id) && format !== 'binary' ? parseJson : pg.types.getTypeParser(id, format), // eslint-disable-line @typescript-eslint/no-unsafe-enum-assignment -- there are more types than the enum has
};

import { parseTableName } from '../../../store/table-name.js';
import { mustEach, Parameter } from '../query-parameters.js';
import { isText } from '../query-values.js';

export function OfTable(): PropertyDecorator {
  const description =
    'The captured table of the record, such as public.orders. Needed if rows of several tables have this type and id. Give it again for a former name of the table';
  const isName = (value: unknown): boolean => isText(value) && parseTableName(value) !== undefined;
  return Parameter({ type: [String], description }, mustEach('a table with its schema, such as public.orders', isName));
}

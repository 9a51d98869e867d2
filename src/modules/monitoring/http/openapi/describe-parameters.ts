import type { ParameterFacts, QueryParameter } from '../../query/query-parameters.js';
import type { QueryPipe } from '../query.pipe.js';

/** Describes the parameters of a route: those in braces in its path, and those that the query's class declares. */
export function describeParameters(
  path: string,
  uuids: readonly string[],
  query: QueryPipe<object> | undefined,
): readonly object[] {
  const inPath = [...path.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => ({
    ...{ name, in: 'path', required: true, ...PATH_PARAMETERS[name] },
    schema: { type: 'string', ...(uuids.includes(name) && { format: 'uuid' }) },
  }));
  return [...inPath, ...[...(query?.parameters.values() ?? [])].map(describeParameter)];
}

const PATH_PARAMETERS: Readonly<Record<string, object>> = {
  L: { description: 'Level', example: '0' },
  N: { description: '<N>[.p/<W>], as tlog-tiles has it: 067, 067.p/12, x001/x234/067', example: '067' },
  day: { description: 'A day in the time zone of the option review', example: '2026-11-20' },
};

/** The description of a parameter of a route's query or path. */
function describeParameter({ name, facts, isRequired }: QueryParameter): object {
  if (facts) {
    const { description } = facts;
    return { name, in: 'query', required: isRequired, ...(description && { description }), schema: schemaOf(facts) };
  }
  return {
    ...{ name: `${name}.{path}`, in: 'query', required: false, schema: { type: 'string' } },
    description: `A field at any depth, such as ${name}.payment.method=card; of a list, one of its items`,
  };
}

const DESCRIBED_ELSEWHERE = new Set(['type', 'enum', 'isArray', 'description']);

function schemaOf(facts: ParameterFacts): object {
  const { type, enum: words, isArray } = facts;
  const bounds = Object.fromEntries(Object.entries(facts).filter(([name]) => !DESCRIBED_ELSEWHERE.has(name)));
  const isList = isArray === true || Array.isArray(type);
  const name = type === Number ? 'integer' : type === Boolean ? 'boolean' : 'string';
  const one = { type: name, ...(words && { enum: [...words] }) };
  return { ...(isList ? { type: 'array', items: one } : one), ...bounds };
}

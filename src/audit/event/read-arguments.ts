import { auditErrors } from '../errors/audit.errors.js';
import { isText } from './call-context.js';
import { isPresent } from './input-fields.js';
import { hasFields } from './merge-fields.js';

/** The types of positional arguments: a test, and the expected type in words. */
const TYPES = {
  id: [(value: unknown) => value === '' || isText(value), 'a text or a number'],
  text: [(value: unknown) => typeof value === 'string', 'a text'],
  fields: [hasFields, 'an object'],
} as const;

/** The positional arguments of a call, in their order. */
type ArgumentOrder = Readonly<Record<string, keyof typeof TYPES>>;

/**
 * Converts the arguments of a call into an object of fields and an object of options. The fields are one object, or single arguments in
 * the given order. The options come last.
 *
 * @param doing what the call does, for the error
 * @throws `AUDIT_INPUT_INVALID` for an argument of another type, and for too many arguments
 */
export function readArguments(
  args: readonly unknown[],
  order: ArgumentOrder,
  doing: string,
): { readonly call: unknown; readonly options: object | undefined } {
  const [first, second] = args;
  const isNamed = hasFields(first) || (!isPresent(first) && (args.length < 2 || hasFields(second)));
  const named = isNamed ? ([['call', 'fields']] as const) : Object.entries(order);
  const places = [...named, ['options', 'fields'] as const];
  const problems = places.flatMap(([name, type], index) => {
    const [test, expected] = TYPES[type];
    const value = args[index];
    const seen = Array.isArray(value) ? 'a list' : `of the type ${typeof value}`; // the value itself may be a secret
    return !isPresent(value) || test(value) ? [] : `${name} is ${seen}, not ${expected}`;
  });
  if (args.length > places.length) problems.push(`there are ${args.length - places.length} arguments after options`);
  if (problems.length > 0) throw auditErrors.AUDIT_INPUT_INVALID.ofArguments(doing, problems, Object.keys(order));
  const options = args[places.length - 1];
  return {
    call: isNamed ? first : Object.fromEntries(named.map(([name], index) => [name, args[index]])),
    options: hasFields(options) ? options : undefined,
  };
}

import { isGiven } from './input-fields.js';
import { hasFields, mergeFields } from './merge-fields.js';

/**
 * Converts the arguments of a call into an object of fields and an object of options. The fields are one object, or single arguments in the
 * order of `names`. All remaining arguments become the field `others`.
 */
export function readArguments(
  args: readonly unknown[],
  names: readonly string[],
): { readonly call: unknown; readonly options: object | undefined } {
  const [first, second] = args;
  const isNamed = hasFields(first) || (!isGiven(first) && (hasFields(second) || args.length < 2));
  const count = isNamed || (args.length === 2 && hasFields(second)) ? 1 : names.length;
  const [options, ...more] = args.slice(count);
  const isOptions = !isGiven(options) || hasFields(options);
  const others = isOptions ? more : [options, ...more];
  const fields = isNamed ? first : Object.fromEntries(names.slice(0, count).map((name, index) => [name, args[index]]));
  return {
    call: others.length > 0 ? mergeFields(fields, { others }) : fields,
    options: hasFields(options) ? options : undefined,
  };
}

import { z } from 'zod';
import { findUnknownNames } from './errors/unknown-options.js';

type Shape = z.core.$ZodLooseShape;

/** Options as a caller gives them. In a declaration file, a constant with the members of a schema keeps their doc comments, and a schema does not. */
export type RawOptions<Members extends Shape> = Readonly<z.input<z.ZodObject<Members>>>;

export type ResolvedOptions<Members extends Shape> = Readonly<z.output<z.ZodObject<Members>>>;

/** The text continues the name of the option. JavaScript callers may pass any value. */
type Message = string | ((value: unknown) => string);

const NON_EMPTY = 'must be a non-empty text';
const NO_PATH = 'must be a non-empty path';

export const TEXT = z.string(NON_EMPTY).min(1, NON_EMPTY);
export const BOOLEAN = z.boolean('is neither true nor false');
export const PATH = z.string(NO_PATH).min(1, NO_PATH);

/** Makes a schema for a value that `isRight` checks. */
export function valueOption<Value>(isRight: (value: unknown) => boolean, message: Message) {
  return z.custom<Value>(isRight, { error: ({ input }) => (typeof message === 'string' ? message : message(input)) });
}

export function functionOption<Callback>() {
  return valueOption<Callback>((value) => typeof value === 'function', 'is not a function');
}

export function listOption(message: string) {
  return z.array(z.string(message), message).readonly();
}

export function enumOption<const Words extends readonly string[]>(words: Words) {
  const wrong = rejectMessage(words.join(' or '));
  return z.enum(words, { error: ({ input }) => (input === undefined ? undefined : wrong(input)) });
}

export function wholeNumber(min: number, max: number) {
  const wrong = rejectMessage(`a whole number from ${min} to ${max}`);
  const error = ({ input }: { readonly input?: unknown }): string => wrong(input);
  return z.int({ error }).min(min, { error }).max(max, { error });
}

/** Gives the input of a schema a name, which editors and the reference show instead of its members. */
export function typedInput<Input>() {
  return <Schema extends z.ZodType>(schema: Schema) => schema as unknown as z.ZodType<z.output<Schema>, Input>; // the input's members follow from the schema
}

/** Tells the value that was seen. Not for secrets. */
export function rejectMessage(what: string): (value: unknown) => string {
  return (value) => `is ${String(value)}, not ${what}`;
}

/** The parameters of `refine`. The check also runs if another option is invalid, so that all problems are shown at once. */
export function together(path: string, message: string) {
  return { path: [path], message, when: isObject };
}

/** The arguments of `refine` for two options that belong together. */
export function pairOption<One extends string, Other extends string>(one: One, other: Other) {
  const isPair = (options: Readonly<Partial<Record<One | Other, unknown>>>): boolean =>
    (options[one] === undefined) === (options[other] === undefined);
  return [isPair, together(`${one} and ${other}`, 'go together: set both, or none')] as const;
}

export function optionsSchema<Members extends Shape>(members: Members, message = 'is not an object') {
  const schema = z.looseObject(members, message).superRefine(
    (input, context) => {
      for (const [name, problem] of findUnknownNames(input, members)) {
        context.addIssue({ code: 'custom', path: [name], message: problem });
      }
    },
    { when: isObject },
  );
  return schema as unknown as z.ZodObject<Members>; // refuses the names that the type lacks
}

/** Whether the check of an object can run, although a member of the object is invalid. */
export function isObject({ value }: z.core.ParsePayload): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Adds the problems of the options to `problems`. Returns the options with their defaults, or `undefined` if there are problems. */
export function parseOptions<Schema extends z.ZodType>(
  schema: Schema,
  given: unknown,
  problems: string[],
): z.output<Schema> | undefined {
  const { data, error } = schema.safeParse(given, {
    error: ({ input }) => (input === undefined ? 'is missing' : undefined),
  });
  for (const { path, message } of error?.issues ?? []) {
    problems.push(path.length === 0 ? message : `${formatOptionPath(path)}${joint(message)}${message}`);
  }
  return data;
}

function formatOptionPath(path: readonly PropertyKey[]): string {
  return path
    .map((each, nth) => (typeof each === 'number' ? `[${each}]` : `${nth > 0 ? '.' : ''}${String(each)}`))
    .join('');
}

/** The messages of zod are sentences; those of the package continue the name of the option, or its path. */
function joint(message: string): string {
  return /^[.:]/.test(message) ? '' : /^[A-Z]/.test(message) ? ': ' : ' ';
}

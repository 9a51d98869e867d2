import * as destinations from './all-destinations.js';
import { TYPE, type DestinationType, type CustomDestination } from '../define-destination.js';

type Known = Parameters<(typeof destinations)[keyof typeof destinations]>[0];

/** The options of a destination of the package: of any, or of one type, such as `DestinationOptions<'webhook'>`. */
export type DestinationOptions<Type extends Known['type'] = Known['type']> = Extract<Known, { readonly type: Type }>;

const TYPES = Object.values(destinations).map(({ kind }) => kind);
const NAME = /^[a-z][a-z0-9-]{0,62}$/;

/** Returns the type of a destination's options, which are valid. An own type is in the options themselves. */
export function resolveDestinationType(options: DestinationOptions | CustomDestination): DestinationType {
  const known = findType(options);
  if (!known) throw new TypeError(`Cannot send to a destination of the type ${options.type}: it is unknown.`);
  return known;
}

export function findDestinationProblems(input: unknown): readonly string[] {
  const options = Object(input) as Partial<CustomDestination>; // JavaScript callers may pass any value
  const kind = findType(options);
  const problem = kind ? findNameProblem(kind) : formatUnknownType(input, options.type);
  if (!kind || problem !== undefined) return [`destination.type ${problem ?? ''}`];
  return kind.problems(options).map((each) => `destination.${each}`);
}

function findType(options: Partial<CustomDestination>): DestinationType | undefined {
  return options[TYPE] ?? TYPES.find(({ type }) => type === options.type);
}

function findNameProblem(kind: DestinationType): string | undefined {
  const own = 'choose another type in defineDestination()';
  if (typeof kind.type !== 'string' || !NAME.test(kind.type)) {
    return `is ${kind.type}, but must begin with a letter, and have at most 63 small letters, digits and hyphens: ${own}`;
  }
  if (TYPES.some((each) => each !== kind && each.type === kind.type)) {
    return `is ${kind.type}, a type of the package: ${own}`;
  }
  return undefined;
}

function formatUnknownType(input: unknown, type: unknown): string {
  const known = TYPES.map((each) => each.type).join(' or ');
  if (typeof input === 'function') return 'is missing: call the result of defineDestination() with the options';
  return `is ${String(type)}: use ${known}, or the result of a function that defineDestination() made`;
}

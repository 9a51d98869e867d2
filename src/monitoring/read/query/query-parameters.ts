import { isIP } from 'node:net';

export interface ParameterFacts {
  readonly type?: typeof String | typeof Number | typeof Boolean | readonly [typeof String];
  readonly enum?: readonly string[];
  readonly isArray?: boolean;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly description?: string;
}

/** Checks the value of a parameter, and returns the problems. */
type ParameterCheck = (name: string, value: unknown) => readonly string[];

export interface QueryParameter {
  readonly name: string;
  /** `undefined` for a parameter whose name contains a path. */
  readonly facts: ParameterFacts | undefined;
  readonly isRequired: boolean;
  readonly findProblems: ParameterCheck;
}

export type QueryClass<Query extends object = object> = new () => Query;

const declaredParameters = new WeakMap<object, Map<string, QueryParameter>>();

/** Returns the parameters of a class by name. Inherited parameters come first. */
export function getParameters({ prototype }: QueryClass): ReadonlyMap<string, QueryParameter> {
  const chain: object[] = [];
  for (let each = prototype as object | null; each !== null; each = Object.getPrototypeOf(each) as object | null) {
    chain.unshift(each);
  }
  return new Map(chain.flatMap((each) => [...(declaredParameters.get(each) ?? [])]));
}

/** Declares a property as an optional parameter. Without `findProblems`, the check is derived from the facts. */
export function Parameter(facts: ParameterFacts | undefined, findProblems = createCheck(facts)): PropertyDecorator {
  return (prototype, key) => declare(prototype, { name: String(key), facts, isRequired: false, findProblems });
}

export function RequiredParameter(facts: ParameterFacts, findProblems = createCheck(facts)): PropertyDecorator {
  return (prototype, key) => declare(prototype, { name: String(key), facts, isRequired: true, findProblems });
}

function declare(prototype: object, parameter: QueryParameter): void {
  const all = declaredParameters.get(prototype) ?? new Map<string, QueryParameter>();
  declaredParameters.set(prototype, all.set(parameter.name, parameter));
}

/** Returns a function that checks whether `test` accepts a value. The message of the check is "<parameter> must be <says>". */
export function validate(message: string, test: (value: unknown) => boolean): ParameterCheck {
  return (name, value) => (test(value) ? [] : [`${name} must be ${message}`]);
}

/** Returns a function that checks whether `test` accepts one value, or each value of a list of at most 20. */
export function validateEach(message: string, test: (value: unknown) => boolean): ParameterCheck {
  return validate(`${message}, given at most ${MAX_VALUES} times`, (input) => {
    const values: unknown[] = [input].flat();
    return values.length > 0 && values.length <= MAX_VALUES && values.every(test);
  });
}

function createCheck({ type, enum: words, minimum = 0, maximum }: ParameterFacts = {}): ParameterCheck {
  if (words) return validate(`one of ${words.join(', ')}`, (value) => words.some((word) => word === value));
  if (type === Boolean) return validate('true or false', (value) => typeof value === 'boolean');
  const message = maximum === undefined ? `of ${minimum} or more` : `from ${minimum} to ${maximum}`;
  return validate(
    `a whole number ${message}`,
    (value) => Number.isSafeInteger(value) && Number(value) >= minimum && Number(value) <= (maximum ?? Infinity),
  );
}

/** Declares a parameter whose values are one or more of the words. */
export function Words(words: readonly string[], description: string): PropertyDecorator {
  const isWord = (value: unknown): boolean => words.some((word) => word === value);
  return Parameter(
    { enum: words, isArray: true, description },
    validateEach(`one or more of ${words.join(', ')}`, isWord),
  );
}

/** Makes a class with some parameters of another class, and their defaults. */
export function pickParameters<Query extends object, const Name extends keyof Query & string>(
  Base: QueryClass<Query>,
  names: readonly Name[],
): QueryClass<Pick<Query, Name>> {
  const defaults = Object.entries(new Base()).filter(
    ([name, value]) => names.some((each) => each === name) && value !== undefined,
  );
  class Picked {
    readonly [name: string]: unknown;
    constructor() {
      Object.assign(this, Object.fromEntries(defaults));
    }
  }
  const requested: readonly string[] = names;
  for (const parameter of getParameters(Base).values()) {
    if (requested.includes(parameter.name)) declare(Picked.prototype as object, parameter);
  }
  return Picked as QueryClass<Pick<Query, Name>>; // the loop declared these parameters
}

export function omitParameters<Query extends object, const Name extends keyof Query & string>(
  Base: QueryClass<Query>,
  names: readonly Name[],
): QueryClass<Omit<Query, Name>> {
  const left: readonly string[] = names;
  const kept = [...getParameters(Base).keys()].filter((name) => !left.includes(name));
  return pickParameters(Base, kept as Exclude<keyof Query & string, Name>[]) as QueryClass<Omit<Query, Name>>; // all other names
}

export const MAX_VALUES = 20;
/** The maximum number of fields of `details`, or of `metadata`, in a query. */
export const MAX_PATHS = 10;
const MAX_NAMES = 8;
const MAX_CHARACTERS = 512;
const MAX_WORDS = 10;

/** Matches a number that the SQL/JSON path language can compare, with at most 16 digits before and 15 after the decimal point. */
export const NUMBER = /^-?(0|[1-9]\d{0,15})(\.\d{1,15})?$/;

/** Whether the value is a text of 1 to 512 characters that PostgreSQL can store. */
export function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== '' && value.length <= MAX_CHARACTERS && isStorable(value);
}

/** Whether PostgreSQL can store a text. The text must contain neither a zero byte nor a lone surrogate. */
export function isStorable(text: string): boolean {
  return !text.includes('\0') && text.isWellFormed();
}

/** Whether the value has the form of an event type, or is the beginning of an event type followed by `*`. */
export function isTypeOrPrefix(value: unknown): boolean {
  return typeof value === 'string' && /^[a-z][a-z0-9_.:-]{0,160}\*?$/.test(value);
}

/** Whether the value is an IPv4 or IPv6 address, or a network in CIDR notation. */
export function isIpOrRange(value: unknown): boolean {
  if (typeof value !== 'string' || value.includes('%')) return false;
  const [address = '', prefix, ...rest] = value.split('/');
  const version = isIP(address);
  if (version === 0 || rest.length > 0) return false;
  return prefix === undefined || (/^\d{1,3}$/.test(prefix) && Number(prefix) <= (version === 4 ? 32 : 128));
}

/** Whether the value is a number, or a text in JSON's notation of numbers. */
export function isNumber(value: unknown): boolean {
  return toNumber(value) !== undefined;
}

/** Converts a value to a number; `undefined` if it does not pass {@link isNumber}. */
export function toNumber(value: unknown): number | undefined {
  if (typeof value === 'number') return Number.isFinite(value) ? value : undefined;
  return typeof value === 'string' && NUMBER.test(value) ? Number(value) : undefined;
}

/** Whether the value is a search text of at most ten words. */
export function isWords(value: unknown): boolean {
  return isText(value) && value.trim() !== '' && splitWords(value).length <= MAX_WORDS;
}

export function splitWords(text: string): readonly string[] {
  return text.trim().split(/\s+/);
}

/** Whether the value is a non-empty JSON Pointer (RFC 6901). */
export function isPointer(value: unknown): boolean {
  return isText(value) && /^(\/([^~/]|~[01])*)+$/.test(value);
}

/** Whether the value is the type and the id of a record: `order/o-1`. */
export function isRecord(value: unknown): boolean {
  return isText(value) && /^[^/]+\/./s.test(value);
}

/** Whether the text is a path of at most eight names separated by dots: `payment.method`. */
export function isPath(path: string): boolean {
  const names = path.split('.');
  return isText(path) && names.length <= MAX_NAMES && !names.includes('');
}

/** Whether the value is a text of at most 512 characters, a number, a boolean or null. */
export function isScalar(value: unknown): boolean {
  if (typeof value === 'string') return value.length <= MAX_CHARACTERS && isStorable(value);
  return value === null || typeof value === 'boolean' || Number.isFinite(value);
}

/** Whether the value is a UUID of any version. */
export function isUuid(value: unknown): value is string {
  return typeof value === 'string' && /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(value);
}

/** Whether the value is the type of a resource, or a type and an id with a slash between them. */
export function isRelatedFilter(value: unknown): boolean {
  return isText(value) && (value.includes('/') ? isRecord(value) : true);
}

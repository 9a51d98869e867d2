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
  readonly problemsOf: ParameterCheck;
}

export type QueryClass<Query extends object = object> = new () => Query;

const declared = new WeakMap<object, Map<string, QueryParameter>>();

/** Returns the parameters of a class by name. Inherited parameters come first. */
export function parametersOf({ prototype }: QueryClass): ReadonlyMap<string, QueryParameter> {
  const chain: object[] = [];
  for (let each = prototype as object | null; each !== null; each = Object.getPrototypeOf(each) as object | null) {
    chain.unshift(each);
  }
  return new Map(chain.flatMap((each) => [...(declared.get(each) ?? [])]));
}

/** Declares a property as an optional parameter. Without `problemsOf`, the check is derived from the facts. */
export function Parameter(facts: ParameterFacts | undefined, problemsOf = checkOf(facts)): PropertyDecorator {
  return (prototype, key) => declare(prototype, { name: String(key), facts, isRequired: false, problemsOf });
}

export function RequiredParameter(facts: ParameterFacts, problemsOf = checkOf(facts)): PropertyDecorator {
  return (prototype, key) => declare(prototype, { name: String(key), facts, isRequired: true, problemsOf });
}

function declare(prototype: object, parameter: QueryParameter): void {
  const all = declared.get(prototype) ?? new Map<string, QueryParameter>();
  declared.set(prototype, all.set(parameter.name, parameter));
}

/** Returns a function that checks whether `test` accepts a value. The message of the check is "<parameter> must be <says>". */
export function must(says: string, test: (value: unknown) => boolean): ParameterCheck {
  return (name, value) => (test(value) ? [] : [`${name} must be ${says}`]);
}

/** Returns a function that checks whether `test` accepts one value, or each value of a list of at most 20. */
export function mustEach(says: string, test: (value: unknown) => boolean): ParameterCheck {
  return must(`${says}, given at most ${MOST_VALUES} times`, (given) => {
    const values: unknown[] = [given].flat();
    return values.length > 0 && values.length <= MOST_VALUES && values.every(test);
  });
}

function checkOf({ type, enum: words, minimum = 0, maximum }: ParameterFacts = {}): ParameterCheck {
  if (words) return must(`one of ${words.join(', ')}`, (value) => words.some((word) => word === value));
  if (type === Boolean) return must('true or false', (value) => typeof value === 'boolean');
  const says = maximum === undefined ? `of ${minimum} or more` : `from ${minimum} to ${maximum}`;
  return must(
    `a whole number ${says}`,
    (value) => Number.isSafeInteger(value) && Number(value) >= minimum && Number(value) <= (maximum ?? Infinity),
  );
}

/** Declares a parameter whose values are one or more of the words. */
export function Words(words: readonly string[], description: string): PropertyDecorator {
  const isWord = (value: unknown): boolean => words.some((word) => word === value);
  return Parameter({ enum: words, isArray: true, description }, mustEach(`one or more of ${words.join(', ')}`, isWord));
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
  const wanted: readonly string[] = names;
  for (const parameter of parametersOf(Base).values()) {
    if (wanted.includes(parameter.name)) declare(Picked.prototype as object, parameter);
  }
  return Picked as QueryClass<Pick<Query, Name>>; // the loop declared these parameters
}

export function omitParameters<Query extends object, const Name extends keyof Query & string>(
  Base: QueryClass<Query>,
  names: readonly Name[],
): QueryClass<Omit<Query, Name>> {
  const left: readonly string[] = names;
  const kept = [...parametersOf(Base).keys()].filter((name) => !left.includes(name));
  return pickParameters(Base, kept as Exclude<keyof Query & string, Name>[]) as QueryClass<Omit<Query, Name>>; // all other names
}

export const MOST_VALUES = 20;
/** The maximum number of fields of `details`, or of `metadata`, in a query. */
export const MOST_PATHS = 10;
const MOST_NAMES = 8;
const MOST_CHARACTERS = 512;
const MOST_WORDS = 10;

/** Matches a number that the SQL/JSON path language can compare, with at most 16 digits before and 15 after the decimal point. */
export const NUMBER = /^-?(0|[1-9]\d{0,15})(\.\d{1,15})?$/;

/** Whether the value is a text of 1 to 512 characters that PostgreSQL can store. */
export function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== '' && value.length <= MOST_CHARACTERS && isStorable(value);
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
  return numberOf(value) !== undefined;
}

/** Converts a value to a number; `undefined` if it does not pass {@link isNumber}. */
export function numberOf(value: unknown): number | undefined {
  if (typeof value === 'number') return Number.isFinite(value) ? value : undefined;
  return typeof value === 'string' && NUMBER.test(value) ? Number(value) : undefined;
}

/** Whether the value is a search text of at most ten words. */
export function isWords(value: unknown): boolean {
  return isText(value) && value.trim() !== '' && wordsOf(value).length <= MOST_WORDS;
}

export function wordsOf(text: string): readonly string[] {
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
  return isText(path) && names.length <= MOST_NAMES && !names.includes('');
}

/** Whether the value is a text of at most 512 characters, a number, a boolean or null. */
export function isScalar(value: unknown): boolean {
  if (typeof value === 'string') return value.length <= MOST_CHARACTERS && isStorable(value);
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

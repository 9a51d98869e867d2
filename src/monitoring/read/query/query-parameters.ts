import { MOST_VALUES } from './query-values.js';

export interface ParameterFacts {
  readonly type?: typeof String | typeof Number | typeof Boolean | readonly [typeof String];
  readonly enum?: readonly string[];
  readonly isArray?: boolean;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly description?: string;
}

/** Checks the value of a parameter, and returns the problems. */
export type ParameterCheck = (name: string, value: unknown) => readonly string[];

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

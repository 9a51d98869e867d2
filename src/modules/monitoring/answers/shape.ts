import { z } from 'zod';

/** Gives a schema its name among the schemas of an API's description. */
export function named<Schema extends z.ZodType>(name: string, schema: Schema): Schema {
  return schema.meta({ id: name });
}

/** A time as answers have it: RFC 3339, UTC. */
export const time = z.iso.datetime();

/** One of some words that are listed elsewhere. */
export function word<Word extends string>() {
  return z.custom<Word>((value) => typeof value === 'string').meta({ type: 'string' });
}

/** A list that nobody changes. */
export function list<Item extends z.ZodType>(item: Item) {
  return z.array(item).readonly();
}

/** An object with members of any names, of a type that is known elsewhere. */
export function anyObject<Type extends object = Readonly<Record<string, unknown>>>(): z.ZodType<Type> {
  return z.record(z.string(), z.unknown()) as unknown as z.ZodType<Type>; // what it holds is not the answer's to say
}

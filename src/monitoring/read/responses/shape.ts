import { z } from 'zod';

/** Gives a schema its name in the OpenAPI description. */
export function namedSchema<Schema extends z.ZodType>(name: string, schema: Schema): Schema {
  return schema.meta({ id: name });
}

/** A time in a response: RFC 3339, UTC. */
export const time = z.iso.datetime();

/** A text with a fixed set of values, which another file defines. */
export function wordSchema<Word extends string>() {
  return z.custom<Word>((value) => typeof value === 'string').meta({ type: 'string' });
}

export function list<Item extends z.ZodType>(item: Item) {
  return z.array(item).readonly();
}

/** An object with any members. Another file defines the object's type. */
export function objectSchema<Type extends object = Readonly<Record<string, unknown>>>(): z.ZodType<Type> {
  return z.record(z.string(), z.unknown()) as unknown as z.ZodType<Type>; // responses are not checked against their schemas
}

import { z } from 'zod';
import { nameOf } from '../../answers/shape.js';

type Json = Record<string, unknown>;
type Properties = Readonly<Record<string, { readonly allOf?: readonly object[] }>>;

/** The schemas of a description, as OpenAPI 3.0 has them. Each that has a name is written once, where others refer to it. */
export class DescribedSchemas {
  readonly components: Record<string, object> = {};

  /** The schema, or a reference to it. */
  of(schema: z.core.$ZodType): object {
    const name = nameOf(schema);
    if (name === undefined) return this.written(schema);
    if (!Object.hasOwn(this.components, name)) {
      this.components[name] = {}; // it may refer to itself
      this.components[name] = this.written(schema);
    }
    return { $ref: `#/components/schemas/${name}` };
  }

  private written(schema: z.core.$ZodType): object {
    const written = z.toJSONSchema(schema, {
      io: 'input',
      target: 'openapi-3.0',
      unrepresentable: 'any',
      override: ({ zodSchema, jsonSchema }) => {
        const json = jsonSchema as Json;
        if (zodSchema !== schema && nameOf(zodSchema) !== undefined) {
          replace(json, this.of(zodSchema));
        } else {
          tidy(json);
        }
      },
    }) as Json;
    delete written.$schema;
    return written;
  }
}

function replace(json: Json, by: object): void {
  for (const key of Object.keys(json)) Reflect.deleteProperty(json, key);
  Object.assign(json, by);
}

/** Leaves out what zod says of every number, list and time. In OpenAPI 3.0, a reference cannot be null. */
function tidy(json: Json): void {
  const { allOf, ...others } = json;
  if (Array.isArray(allOf) && others.nullable === true) {
    replace(json, { oneOf: [...(allOf as readonly object[]), { type: 'object', nullable: true, enum: [null] }] });
    if (others.description !== undefined) json.description = others.description;
  }
  for (const [name, { allOf: [only] = [], ...more }] of Object.entries({ ...(json.properties as Properties) })) {
    if (only && Object.keys(more).length === 0) Object.assign(json.properties as Properties, { [name]: only }); // a reference stands alone
  }
  delete json.readOnly;
  delete json.contentEncoding;
  if (json.format !== undefined) delete json.pattern;
  if (json.minimum === Number.MIN_SAFE_INTEGER) delete json.minimum;
  if (json.maximum === Number.MAX_SAFE_INTEGER) delete json.maximum;
}

import { z } from 'zod';
import { parseJson } from '../../../../audit/plain.js';

type Json = Record<string, unknown>;
type Properties = Readonly<Record<string, { readonly allOf?: readonly object[] }>>;

/** The schemas of a description in the form of OpenAPI 3.0. A named schema is written once, and others refer to it. */
export class DescribedSchemas {
  readonly components: Record<string, object> = {};

  /** The schema, or a reference to it. */
  of(schema: z.core.$ZodType): object {
    const written = z.toJSONSchema(z.array(schema), {
      ...{ io: 'input', target: 'openapi-3.0', unrepresentable: 'any' },
      override: ({ jsonSchema }) => tidy(jsonSchema as Json),
    });
    const text = JSON.stringify(written).replaceAll('"#/definitions/', '"#/components/schemas/');
    const { items, definitions } = parseJson(text) as { items: object; definitions?: object }; // of a list
    Object.assign(this.components, definitions);
    return items;
  }
}

/** Removes keywords that zod adds to every number, list and time. In OpenAPI 3.0, a reference cannot be null. */
function tidy(json: Json): void {
  const { allOf, ...others } = json;
  if (Array.isArray(allOf) && others.nullable === true) {
    delete json.allOf;
    delete json.nullable;
    json.oneOf = [...(allOf as readonly object[]), { type: 'object', nullable: true, enum: [null] }];
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

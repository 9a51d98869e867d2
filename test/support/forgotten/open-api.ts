/** What is looked at of a field's description. */
export interface Schema {
  readonly type?: string;
  readonly format?: string;
  readonly enum?: readonly unknown[];
  readonly items?: Schema;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly allOf?: readonly Schema[];
  readonly $ref?: string;
}

interface Operation {
  readonly parameters?: readonly { readonly name: string; readonly in: string }[];
  readonly requestBody?: { readonly content?: { readonly 'application/json'?: { readonly schema?: Schema } } };
}

/** What is looked at of the application's description of itself. */
export interface OpenApi {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components?: { readonly schemas?: Readonly<Record<string, Schema>> };
}

/** What a client may put into a body. */
export interface BodyTexts {
  readonly id: string;
  readonly email: string;
  readonly text: string;
}

/** A body of the schema's fields in which every text is the given one. */
export function bodyOf(schema: Schema | undefined, api: OpenApi, texts: BodyTexts): unknown {
  if (!schema) return undefined;
  const name = schema.$ref?.split('/').at(-1);
  if (name !== undefined) return bodyOf(api.components?.schemas?.[name], api, texts);
  if (schema.allOf) return bodyOf(schema.allOf[0], api, texts);
  if (schema.enum) return schema.enum[0];
  if (schema.type === 'array') return [bodyOf(schema.items, api, texts)];
  if (schema.type === 'number' || schema.type === 'integer') return 1;
  if (schema.type === 'boolean') return true;
  if (schema.type === 'string')
    return schema.format === 'uuid' ? texts.id : schema.format === 'email' ? texts.email : texts.text;
  const fields = Object.entries(schema.properties ?? {}).map(([field, inner]) => [field, bodyOf(inner, api, texts)]);
  return Object.fromEntries(fields);
}

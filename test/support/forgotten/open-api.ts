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

export interface OpenApi {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components?: { readonly schemas?: Readonly<Record<string, Schema>> };
}

export interface BodyTexts {
  readonly id: string;
  readonly email: string;
  readonly text: string;
}

export function buildBody(schema: Schema | undefined, api: OpenApi, texts: BodyTexts): unknown {
  if (!schema) return undefined;
  const name = schema.$ref?.split('/').at(-1);
  if (name !== undefined) return buildBody(api.components?.schemas?.[name], api, texts);
  if (schema.allOf) return buildBody(schema.allOf[0], api, texts);
  if (schema.enum) return schema.enum[0];
  if (schema.type === 'array') return [buildBody(schema.items, api, texts)];
  if (schema.type === 'number' || schema.type === 'integer') return 1;
  if (schema.type === 'boolean') return true;
  if (schema.type === 'string')
    return schema.format === 'uuid' ? texts.id : schema.format === 'email' ? texts.email : texts.text;
  const fields = Object.entries(schema.properties ?? {}).map(([field, inner]) => [field, buildBody(inner, api, texts)]);
  return Object.fromEntries(fields);
}

import { isIdShape, isRequestIdShape, isScopesShape, isSlugShape } from './fact-shapes.js';

interface RequestFieldFacts {
  /** The column of `audit_event`. The name in camel case is also the name of the filter and of the CSV column. */
  readonly column: string;
  readonly kind?: 'inet' | 'smallint' | 'double';
  readonly limit?: number;
  /** Absent for a fact. `unless`: only texts of this shape are facts. `bit`: a bit that no other field of the event has. */
  readonly personal?: 'always' | { readonly exceptIf: (text: string) => boolean; readonly bit: number };
  /** The name in the audit scope. Absent if the application cannot set the value. */
  readonly scope?: string;
  /** The request's header that contains the value, in lower case. */
  readonly header?: string;
  /** The name in a call of `record()` or of an adapter. `also`: synonyms, with spaces between them. */
  readonly call?: string;
  readonly also?: string;
  readonly filter?: 'text' | 'ip' | 'method' | 'status';
  /** Present if few events share a value, and an index finds them. */
  readonly isRare?: true;
  /** Present if `q` searches the field. */
  readonly isSearched?: true;
  /** The name in a typed query. */
  readonly qualifier?: string;
  /** Present if a typed query completes values of the field. */
  readonly completes?: true;
  /** The text about the field in the reference, in the OpenAPI document and in the viewer's help. */
  readonly description: string;
  readonly label: string;
}

/**
 * The fields of an event's request. Append new fields at the end. The types, the audit scope, the event builder, the context of row changes,
 * the event layout, the filters, the formats and the viewer come from this table. A format without an own place for a field shows the field
 * under its name.
 */
// prettier-ignore
export const REQUEST_FIELDS = {
  id: { column: 'request_id', limit: 256, personal: { exceptIf: isRequestIdShape, bit: 16 }, scope: 'requestId', call: 'requestId',
    filter: 'text', isRare: true, qualifier: 'request', description: 'Id of the request', label: 'Request' },
  ip: { column: 'ip', kind: 'inet', personal: 'always', scope: 'ip', call: 'ipAddress', also: 'ip clientIp remoteAddress',
    filter: 'ip', isSearched: true, qualifier: 'ip', completes: true, description: 'IP address, or a range such as 10.0.0.0/8', label: 'IP address' },
  userAgent: { column: 'user_agent', limit: 512, personal: 'always', scope: 'userAgent', header: 'user-agent', call: 'userAgent',
    filter: 'text', qualifier: 'agent', completes: true, description: "The client's User-Agent", label: 'Client' },
  method: { column: 'method', limit: 16,
    filter: 'method', qualifier: 'method', completes: true, description: 'HTTP method', label: 'Method' },
  route: { column: 'route', limit: 512,
    filter: 'text', isSearched: true, qualifier: 'route', completes: true, description: "The route's path, such as /orders/:id", label: 'Route' },
  statusCode: { column: 'status_code', kind: 'smallint',
    filter: 'status', qualifier: 'status', completes: true, description: 'Status code, such as 404, or a class of them, such as 5xx', label: 'Status' },
  durationMs: { column: 'duration_ms', kind: 'double', description: 'From arrival to response, in ms', label: 'Duration' },
  traceId: { column: 'trace_id', limit: 64, personal: { exceptIf: isRequestIdShape, bit: 32 }, scope: 'traceId',
    filter: 'text', isRare: true, qualifier: 'trace', description: 'Id of the trace', label: 'Trace' },
  credentialId: { column: 'credential_id', personal: { exceptIf: isIdShape, bit: 128 }, scope: 'credentialId',
    filter: 'text', isRare: true, qualifier: 'credential', completes: true, description: 'Id or hash of the token or key that authenticated the call', label: 'Credential' },
  credentialKind: { column: 'credential_kind', limit: 64, personal: { exceptIf: isSlugShape, bit: 256 }, scope: 'credentialKind',
    filter: 'text', qualifier: 'credential-kind', completes: true, description: 'Kind of the credential, such as bearer or api_key', label: 'Kind of credential' },
  credentialScopes: { column: 'credential_scopes', limit: 1_024, personal: { exceptIf: isScopesShape, bit: 512 }, scope: 'credentialScopes',
    description: 'Scopes of the credential, with spaces between them', label: 'Scopes' },
} as const satisfies Readonly<Record<string, RequestFieldFacts>>;

export type RequestFields = typeof REQUEST_FIELDS;
export type RequestField = keyof RequestFields;

type NameIn<Kind extends string, Facts> =
  Facts extends Readonly<Record<Kind, infer Name extends string>> ? Name : never;

export type RequestQualifier = NameIn<'qualifier', RequestFields[RequestField]>;

/** The request that caused an event. `durationMs`: from the request's arrival to its response, in milliseconds. */
export type AuditRequest = {
  readonly [Name in RequestField]?: RequestFields[Name] extends { readonly kind: 'smallint' | 'double' }
    ? number
    : string;
};

/** The request's values in the audit scope. `undefined` removes a value from the operation's events. */
export type ScopedRequest = { [Name in RequestField as NameIn<'scope', RequestFields[Name]>]?: string | undefined };

/** The request's values in a call. */
export type CalledRequest = {
  readonly [Name in RequestField as NameIn<'call', RequestFields[Name]>]?: string | undefined;
};

interface RequestRow extends RequestFieldFacts {
  readonly name: RequestField;
  /** The column's name in camel case. */
  readonly ownName: string;
  readonly scope?: keyof ScopedRequest;
  readonly call?: keyof CalledRequest;
  readonly qualifier?: RequestQualifier;
}

/** The rows of {@link REQUEST_FIELDS}, in their order. */
export const REQUEST_ROWS = Object.entries(REQUEST_FIELDS).map(([name, facts]) => ({
  ...{ name, ownName: toCamelCase(facts.column) },
  ...facts,
})) as readonly RequestRow[]; // the names come from the table

export function buildScopeRequest(values: ScopedRequest): Partial<Record<RequestField, unknown>> {
  const request: Partial<Record<RequestField, unknown>> = {};
  for (const { name, scope } of REQUEST_ROWS) {
    if (scope !== undefined && values[scope] !== undefined) request[name] = values[scope];
  }
  return request;
}

/** Converts a name to camelCase: `user_id` becomes `userId`. */
export function toCamelCase(name: string): string {
  return name.replace(/(?<=[a-z0-9])_([a-z])/g, (_whole, letter: string) => letter.toUpperCase());
}

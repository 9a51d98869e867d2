import { EventEmitter } from 'node:events';
import { HttpException } from '@nestjs/common';
import { isStringArray } from '../../base/event/outcomes.js';
import { readFieldSafely, readSafely } from '../../base/read-safely.js';
import type { AuditedOperation } from './audited-operation.js';
import { TEXT_LIMITS } from '../event/normalize-text.js';

interface RejectedField {
  readonly field?: string;
  readonly constraints: readonly string[];
}

/** Why an operation failed, taken from its error. */
interface FailureExplanation {
  readonly error: { readonly name: unknown; readonly code: unknown; readonly message: unknown };
  readonly reason: string | undefined;
  readonly refused: readonly RejectedField[];
}

const MAX_REJECTED_FIELDS = 50;
const MAX_DEPTH = 10;
/** Matches a reason or a code, but not free text. */
const WORD = /^[A-Za-z][\w.-]{0,63}$/;
/** A message of class-validator: "email must be an email", "property role should not exist", "each value in tags must be a string". */
const CONSTRAINT = /^(?:(\S*?)(?:property|each value in) )?(\S+) ((?:must|should|has|is)\b.*)$/s;

/** Returns the response in an HttpException, an RpcException or a WsException; `undefined` for any other error. */
export function getErrorResponse(error: unknown): unknown {
  const exception = error as Partial<Record<'getResponse' | 'getError', () => unknown>> | null | undefined; // any value may have been thrown
  return readSafely(() => (error instanceof HttpException ? error.getResponse() : exception?.getError?.()));
}

/**
 * Reads the reason, the code, the message and the refused fields from the response in an exception. Reads the errors of Nest's
 * ValidationPipe, class-validator and Zod, and an object with one message per field. Returns `undefined` for an error without a response.
 *
 * @param operation the operation with the client's input, whose values are removed from the messages
 */
export function explainFailure(
  error: unknown,
  operation: ReceivedInput & Pick<AuditedOperation, 'isGrpc'>,
): FailureExplanation | undefined {
  const response = getErrorResponse(error);
  if (typeof response !== 'object' || response === null) return undefined;
  const field = (name: string): unknown => readFieldSafely(response, name);
  const message = field('message');
  const lists = [Array.isArray(message) ? message : undefined, field('errors')];
  const input = lists.some((list) => typeof list === 'object') ? readKnownInput(operation) : undefined;
  const refused = input
    ? lists.flatMap((list) => findRejectedFields(list, '', 0, input)).slice(0, MAX_REJECTED_FIELDS)
    : [];
  const code =
    readFieldSafely(error, 'code') ??
    toWord(field('code')) ??
    toWord(field('errorCode')) ??
    (operation.isGrpc === true ? getGrpcStatus(field('code'))?.name : undefined);
  const text = typeof message === 'string' ? message : undefined;
  const hidden = text !== undefined && refused.length > 0 ? input?.hide(text) : text;
  const described = hidden ?? (refused.map(formatRejectedField).join('; ') || field('error'));
  return {
    error: { name: readFieldSafely(error, 'name'), code, message: described ?? readFieldSafely(error, 'message') },
    reason: toWord(field('reason')) ?? toWord(field('code')) ?? toWord(field('errorCode')),
    refused,
  };
}

function findRejectedFields(given: unknown, path: string, depth: number, input: KnownInput): readonly RejectedField[] {
  if (depth > MAX_DEPTH || typeof given !== 'object' || given === null) return [];
  if (Array.isArray(given)) {
    const items: readonly unknown[] = given;
    return items
      .slice(0, MAX_REJECTED_FIELDS)
      .flatMap((item) =>
        typeof item === 'string' ? [parseFieldMessage(item, path, input)] : parseFieldItem(item, path, depth, input),
      );
  }
  return Object.keys(given)
    .slice(0, MAX_REJECTED_FIELDS)
    .flatMap((name) => {
      const value = readFieldSafely(given, name);
      const at = joinPath(path, name);
      if (typeof value === 'string') return [{ field: at, constraints: [input.hide(value)] }];
      if (isStringArray(value)) return [{ field: at, constraints: value.map(input.hide) }];
      return findRejectedFields(value, at, depth + 1, input);
    });
}

/** A message of Nest's ValidationPipe begins with the name of the field, but an application's own message may begin with a value. */
function parseFieldMessage(text: string, path: string, input: KnownInput): RejectedField {
  const [, above = '', name, constraint] = CONSTRAINT.exec(text) ?? [];
  const at = path === '' ? {} : { field: path };
  if (name === undefined || constraint === undefined) return { ...at, constraints: [input.hide(text)] };
  const constraints = [input.hide(constraint)];
  if (input.isPath(above + name)) return { field: joinPath(path, above + name), constraints };
  return { ...at, constraints: constraints.map((hidden) => `${MASKED_VALUE} ${hidden}`) };
}

function parseFieldItem(item: unknown, path: string, depth: number, input: KnownInput): readonly RejectedField[] {
  const own = readFieldSafely(item, 'property') ?? readFieldSafely(item, 'field') ?? readFieldSafely(item, 'path');
  const name = Array.isArray(own) ? own.map(String).join('.') : typeof own === 'string' ? own : '';
  const field = joinPath(path, name);
  const constraints = readFieldSafely(item, 'constraints');
  const named = typeof constraints === 'object' && constraints !== null ? Object.keys(constraints) : [];
  const rule = [readFieldSafely(item, 'message'), readFieldSafely(item, 'code')].find(
    (each) => typeof each === 'string',
  );
  const all = named.length > 0 ? named : typeof rule === 'string' ? [input.hide(rule)] : [];
  const below = findRejectedFields(readFieldSafely(item, 'children'), field, depth + 1, input);
  if (all.length === 0) return below;
  return [field === '' ? { constraints: all } : { field, constraints: all }, ...below];
}

function formatRejectedField({ field, constraints }: RejectedField): string {
  return field === undefined ? constraints.join(', ') : `${field} ${constraints.join(', ')}`;
}

function joinPath(path: string, name: string): string {
  return path === '' || name === '' ? path + name : `${path}.${name}`;
}

function toWord(value: unknown): string | undefined {
  return typeof value === 'string' && WORD.test(value) ? value : undefined;
}

/** gRPC's status codes in order, each with the HTTP status of `google.rpc.Code`. */
const GRPC_STATUSES: readonly (readonly [name: string, httpStatus: number])[] = [
  ['OK', 200],
  ['CANCELLED', 499],
  ['UNKNOWN', 500],
  ['INVALID_ARGUMENT', 400],
  ['DEADLINE_EXCEEDED', 504],
  ['NOT_FOUND', 404],
  ['ALREADY_EXISTS', 409],
  ['PERMISSION_DENIED', 403],
  ['RESOURCE_EXHAUSTED', 429],
  ['FAILED_PRECONDITION', 400],
  ['ABORTED', 409],
  ['OUT_OF_RANGE', 400],
  ['UNIMPLEMENTED', 501],
  ['INTERNAL', 500],
  ['UNAVAILABLE', 503],
  ['DATA_LOSS', 500],
  ['UNAUTHENTICATED', 401],
];

/** Returns the name and the HTTP status of a gRPC status code; `undefined` for a code that is not an error. */
export function getGrpcStatus(code: unknown): { readonly name: string; readonly httpStatus: number } | undefined {
  const status = typeof code === 'number' && code > 0 ? GRPC_STATUSES[code] : undefined;
  return status && { name: status[0], httpStatus: status[1] };
}

type ReceivedInput = Pick<AuditedOperation, 'body'> & Partial<Pick<AuditedOperation, 'request' | 'args'>>;

/** Distinguishes the names in a client's input from its values. */
interface KnownInput {
  /** Whether a path like `items.0.sku` has only names of fields and indexes. */
  readonly isPath: (path: string) => boolean;
  /** Replaces the client's values in a text. */
  readonly hide: (text: string) => string;
}

/** Replaces a value, or a text that may contain one. */
const MASKED_VALUE = '[value]';

const MAX_VALUES = 200;
const MIN_MASKED_LENGTH = 3;
/** Bounds the comparisons of one request's values with the texts of its refusal, at the worst some milliseconds. */
const MAX_COMPARED = 20_000_000;

/**
 * Reads the body, the query, the parameters of the route, and the arguments after the pipes. If the input has too many values or levels,
 * `hide` replaces every text completely.
 */
function readKnownInput({ body, request, args }: ReceivedInput): KnownInput {
  const names = new Set<string>();
  const values = new Set<string>();
  const seen = new Set<unknown>([request]);
  const collect = (value: unknown, depth: number): boolean => {
    if (typeof value === 'string' || typeof value === 'number') values.add(String(value).trim());
    if (typeof value !== 'object' || value === null || value instanceof EventEmitter || seen.has(value)) return true;
    seen.add(value);
    return (readSafely(() => Object.keys(value)) ?? []).every((name) => {
      if (!Array.isArray(value)) names.add(name);
      return collect(readFieldSafely(value, name), depth + 1) && depth < MAX_DEPTH && values.size <= MAX_VALUES;
    });
  };
  const input = [readSafely(body), readFieldSafely(request, 'query'), readFieldSafely(request, 'params'), args];
  const isComplete = input.every((value) => collect(value, 0));
  return {
    isPath: (path) => isKnownPath((name) => names.has(name) || declaredNames().has(name), path),
    hide: isComplete ? createMasker(values) : () => MASKED_VALUE,
  };
}

function isKnownPath(isKnown: (name: string) => boolean, path: string): boolean {
  if (path.length > TEXT_LIMITS.name) return false;
  const parts = path.replace(/\[\d*\]/g, '').split('.');
  const isName = (name: string | undefined): boolean => name !== undefined && isKnown(name) && !/^\d*$/.test(name);
  return (
    isName(path) ||
    (isName(parts[0]) && isName(parts.at(-1)) && parts.every((part) => isName(part) || /^\d+$/.test(part)))
  );
}

const declared = { classes: 0, names: new Set<string>() };

/** A missing field is not in the input, so its name comes from class-validator, which keeps its rules in this global variable. */
function declaredNames(): ReadonlySet<string> {
  const rules = readFieldSafely(readFieldSafely(globalThis, 'classValidatorMetadataStorage'), 'validationMetadatas');
  if (!(rules instanceof Map) || rules.size === declared.classes) return declared.names;
  const all = [...(rules as ReadonlyMap<unknown, unknown>).values()].flat();
  declared.names = new Set(all.map((rule) => String(readFieldSafely(rule, 'propertyName'))));
  declared.classes = rules.size;
  return declared.names;
}

/** Ignores case, since pipes often change it. Hides a text completely that is long, or that takes too many comparisons. */
function createMasker(values: ReadonlySet<string>): KnownInput['hide'] {
  const searched = [...values].filter((value) => value !== '' && value.length <= TEXT_LIMITS.message).map(fold);
  let compared = 0;
  return (text) => {
    const possible = searched.filter(({ length }) => length <= text.length);
    compared += text.length * possible.reduce((sum, { length }) => sum + length, 0);
    if (text.length > TEXT_LIMITS.message || compared > MAX_COMPARED) return MASKED_VALUE;
    const within = fold(text);
    const occurrences = possible.flatMap((value) => [...findOccurrences(value, within)]);
    let [shown, at] = ['', 0];
    for (const [start, end] of occurrences.sort(([one], [other]) => one - other)) {
      if (start >= at) shown += text.slice(at, start) + MASKED_VALUE;
      at = Math.max(at, end);
    }
    return shown + text.slice(at);
  };
}

/** Replaces each character by its lower case, where that has the same length: places in the result are places in the text. */
function fold(text: string): string {
  if (/^[\0-\x7f]*$/.test(text)) return text.toLowerCase();
  return Array.from(text, (character) => {
    const lower = character.toUpperCase().toLowerCase();
    return [lower, character.toLowerCase(), character].find(({ length }) => length === character.length);
  }).join('');
}

/** A short value may be a part of other words, so it is found only where it is a word. */
function* findOccurrences(value: string, text: string): Generator<readonly [start: number, end: number]> {
  for (let start = text.indexOf(value); start >= 0;) {
    const end = start + value.length;
    const around = [text.slice(Math.max(start - 2, 0), start), text.slice(end, end + 2)] as const;
    const isFound =
      value.length > MIN_MASKED_LENGTH || !(/[\p{L}\p{N}]$/u.test(around[0]) || /^[\p{L}\p{N}]/u.test(around[1]));
    if (isFound) yield [start, end];
    start = text.indexOf(value, isFound ? end : start + 1);
  }
}

import { HttpException } from '@nestjs/common';
import { isListOfTexts } from '../event/outcomes.js';
import { readFieldSafely, readSafely } from '../event/read-safely.js';
import type { AuditedOperation } from './audited-operation.js';

interface RefusedField {
  readonly field?: string;
  readonly constraints: readonly string[];
}

/** Why an operation failed, taken from its error. */
export interface FailureExplanation {
  readonly error: { readonly name: unknown; readonly code: unknown; readonly message: unknown };
  readonly reason: string | undefined;
  readonly refused: readonly RefusedField[];
}

const MAX_REFUSED = 50;
const MAX_DEPTH = 10;
/** Matches a reason or a code, but not free text. */
const WORD = /^[A-Za-z][\w.-]{0,63}$/;
/** A message of class-validator: "email must be an email", "property role should not exist", "each value in tags must be a string". */
const CONSTRAINT =
  /^((?:[\w$[\]-]+\.)*)(?:property |each value in )?([A-Za-z_$][\w.$[\]-]*) ((?:must|should|has|is)\b.*)$/s;

/** Returns the response in an HttpException, an RpcException or a WsException; `undefined` for any other error. */
export function answerOf(error: unknown): unknown {
  const held = error as Partial<Record<'getResponse' | 'getError', () => unknown>> | null | undefined; // any value may have been thrown
  return readSafely(() => (error instanceof HttpException ? error.getResponse() : held?.getError?.()));
}

/**
 * Reads the reason, the code, the message and the refused fields from the response in an exception. Reads the errors of Nest's
 * ValidationPipe, class-validator and Zod, and an object with one message per field. Returns `undefined` for an error without a response.
 *
 * @param body the client's input, whose values are removed from the messages
 */
export function explainFailure(
  error: unknown,
  { body, isGrpc }: Pick<AuditedOperation, 'body' | 'isGrpc'>,
): FailureExplanation | undefined {
  const response = answerOf(error);
  if (typeof response !== 'object' || response === null) return undefined;
  const field = (name: string): unknown => readFieldSafely(response, name);
  const message = field('message');
  const given = [Array.isArray(message) ? message : undefined, field('errors')].flatMap((each) =>
    refusedBy(each, '', 0),
  );
  const hide = given.length > 0 ? hiderOf(readSafely(body)) : (text: string): string => text;
  const refused = given
    .slice(0, MAX_REFUSED)
    .map(({ constraints, ...rest }) => ({ ...rest, constraints: constraints.map(hide) }));
  const code =
    readFieldSafely(error, 'code') ??
    wordOf(field('code')) ??
    wordOf(field('errorCode')) ??
    (isGrpc === true ? grpcStatus(field('code'))?.name : undefined);
  const described = typeof message === 'string' ? message : refused.map(textOf).join('; ') || field('error');
  return {
    error: { name: readFieldSafely(error, 'name'), code, message: described ?? readFieldSafely(error, 'message') },
    reason: wordOf(field('reason')) ?? wordOf(field('code')) ?? wordOf(field('errorCode')),
    refused,
  };
}

function refusedBy(given: unknown, path: string, depth: number): readonly RefusedField[] {
  if (depth > MAX_DEPTH || typeof given !== 'object' || given === null) return [];
  if (Array.isArray(given)) {
    const items: readonly unknown[] = given;
    return items
      .slice(0, MAX_REFUSED)
      .flatMap((item) => (typeof item === 'string' ? [byText(item, path)] : byItem(item, path, depth)));
  }
  return Object.keys(given)
    .slice(0, MAX_REFUSED)
    .flatMap((name) => {
      const value = readFieldSafely(given, name);
      const at = joinPath(path, name);
      if (typeof value === 'string') return [{ field: at, constraints: [value] }];
      if (isListOfTexts(value)) return [{ field: at, constraints: value }];
      return refusedBy(value, at, depth + 1);
    });
}

/** A message of Nest's ValidationPipe begins with the name of the field. */
function byText(text: string, path: string): RefusedField {
  const [, above = '', field, constraint] = CONSTRAINT.exec(text) ?? [];
  if (field !== undefined && constraint !== undefined)
    return { field: joinPath(path, above + field), constraints: [constraint] };
  return path === '' ? { constraints: [text] } : { field: path, constraints: [text] };
}

function byItem(item: unknown, path: string, depth: number): readonly RefusedField[] {
  const own = readFieldSafely(item, 'property') ?? readFieldSafely(item, 'field') ?? readFieldSafely(item, 'path');
  const name = Array.isArray(own) ? own.map(String).join('.') : typeof own === 'string' ? own : '';
  const field = joinPath(path, name);
  const constraints = readFieldSafely(item, 'constraints');
  const named = typeof constraints === 'object' && constraints !== null ? Object.keys(constraints) : [];
  const rule = [readFieldSafely(item, 'message'), readFieldSafely(item, 'code')].find(
    (each) => typeof each === 'string',
  );
  const all = named.length > 0 ? named : typeof rule === 'string' ? [rule] : [];
  const below = refusedBy(readFieldSafely(item, 'children'), field, depth + 1);
  if (all.length === 0) return below;
  return [field === '' ? { constraints: all } : { field, constraints: all }, ...below];
}

/** A message may repeat the client's values, so the returned function hides them. */
function hiderOf(body: unknown): (text: string) => string {
  const values: string[] = [];
  const collect = (value: unknown, depth: number): void => {
    if (values.length >= 200 || depth > MAX_DEPTH) return;
    if ((typeof value === 'string' && value.length > 0) || typeof value === 'number') values.push(String(value));
    else if (typeof value === 'object' && value !== null) {
      for (const key of Object.keys(value)) collect(readFieldSafely(value, key), depth + 1);
    }
  };
  collect(body, 0);
  const longestFirst = values.sort((one, other) => other.length - one.length);
  return (text) =>
    longestFirst.reduce((hidden, value) => {
      // A short value may be a part of other words, so only its quoted occurrences are removed.
      if (value.length > 3) return hidden.replaceAll(value, '[value]');
      return hidden.replaceAll(`"${value}"`, '[value]').replaceAll(`'${value}'`, '[value]');
    }, text);
}

function textOf({ field, constraints }: RefusedField): string {
  return field === undefined ? constraints.join(', ') : `${field} ${constraints.join(', ')}`;
}

function joinPath(path: string, name: string): string {
  return path === '' || name === '' ? path + name : `${path}.${name}`;
}

function wordOf(value: unknown): string | undefined {
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
export function grpcStatus(code: unknown): { readonly name: string; readonly httpStatus: number } | undefined {
  const status = typeof code === 'number' && code > 0 ? GRPC_STATUSES[code] : undefined;
  return status && { name: status[0], httpStatus: status[1] };
}

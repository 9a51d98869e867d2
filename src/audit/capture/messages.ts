import { randomUUID } from 'node:crypto';
import { Logger } from '@nestjs/common';
import { getCurrentScope, getRequestScope } from '../context/audit-context.js';
import { nestScope, openScope, ScopeLife, type AuditScope } from '../context/audit-scope.js';
import { type RequestIdSource, openHttpScope } from '../context/read-request.js';
import { getErrorMessage } from '../../base/errors/error-facts.js';
import { readFieldSafely, readSafely } from '../../base/read-safely.js';
import type { AuditReasonOptions } from './audit-reason.decorator.js';
import type { AuditedEntry } from './audited-options.js';
import type { AuditedOperation } from './audited-operation.js';

/** All guards and interceptors of a call get the same array, so the array identifies the call. */
type TransportArgs = readonly unknown[];

interface Transport {
  readonly requestAt: number;
  readonly bodyAt: number;
  /** Whether a call comes from outside the application, so that it needs its own scope. */
  readonly isOwnScope: boolean;
  readonly getRoute: (args: TransportArgs) => unknown;
}

const TRANSPORTS: Readonly<Record<string, Transport>> = {
  rpc: { requestAt: 1, bodyAt: 0, isOwnScope: true, getRoute: (args) => getMessagePattern(args[1]) },
  ws: { requestAt: 0, bodyAt: 1, isOwnScope: true, getRoute: (args) => args.at(-1) },
  graphql: { requestAt: 2, bodyAt: 1, isOwnScope: false, getRoute: () => undefined },
};

const REFERENCE: Transport = { requestAt: 1, bodyAt: 0, isOwnScope: false, getRoute: () => undefined };

/** Whether GraphQL resolves a reference to another subgraph: the arguments are then the reference, the context and the info. */
export function isReference(type: string, args: TransportArgs): boolean {
  return type === 'graphql' && args.length === 3;
}

const operations = new WeakMap<TransportArgs, AuditedOperation>();

/**
 * Opens the operation of a message (microservice, WebSocket) or of a GraphQL operation, with its own scope, and remembers the operation
 * for {@link getMessageOperation}. Returns `undefined` for other transports, and for fields below a GraphQL operation.
 */
export function openMessage(
  type: string,
  args: TransportArgs,
  entries: readonly AuditedEntry[],
  reasonRule: AuditReasonOptions | undefined,
  requestIds: RequestIdSource,
): AuditedOperation | undefined {
  const transport = isReference(type, args) ? REFERENCE : TRANSPORTS[type];
  if (!transport || (type === 'graphql' && isField(args[3]))) return undefined;
  const call = type === 'rpc' ? args.find(isGrpcCall) : undefined;
  const input = call?.metadata ?? args[transport.requestAt];
  const around = transport.isOwnScope ? undefined : (getRequestScope(getMessageRequest(input)) ?? getCurrentScope());
  const outer = around?.isLate === true || around?.life?.isOver === true ? undefined : around;
  const life = outer ? undefined : new ScopeLife();
  const request = outer?.httpRequest ?? (typeof input === 'object' && input !== null ? input : undefined);
  const route = call ? undefined : transport.getRoute(args);
  const scope: AuditScope = {
    ...(outer ? nestScope(outer) : call ? openGrpcScope(call, requestIds) : openScope({ requestId: randomUUID() })),
    ...(life && { life }),
    ...(request && { httpRequest: request }),
    ...(type === 'ws' && { isShared: true }),
    ...(typeof route === 'string' && { route: () => route }),
  };
  const operation: AuditedOperation = {
    scope,
    life,
    entries,
    reasonRule,
    request,
    body: () => (call ? call.request : args[transport.bodyAt]),
    isGrpc: call !== undefined,
    phase: 'guards',
    args: [],
  };
  operations.set(args, operation);
  return operation;
}

export function getMessageOperation(args: TransportArgs): AuditedOperation | undefined {
  return operations.get(args);
}

type Respond = (...input: unknown[]) => unknown;

/**
 * Lets the responses that the handler of a message sends itself wait until `record` resolves: the acknowledgment of Socket.IO, and the
 * callback or the stream of a gRPC call. If `record` rejects, no response is sent: the handler's own end reports the error.
 *
 * @param record is called before the first response
 */
export function holdResponses(args: unknown[], record: () => Promise<void>): void {
  let recorded: Promise<void> | undefined;
  const afterRecording =
    (respond: Respond): Respond =>
    (...input) => {
      recorded ??= record();
      recorded
        .then(
          () => respond(...input),
          () => undefined,
        )
        .catch(logUnsent);
      return true; // as a stream's write() that has room
    };
  for (const [index, input] of args.entries()) {
    if (typeof input === 'function') args[index] = afterRecording(input as Respond); // with any arguments
  }
  const [call] = args; // only a handler of @GrpcStreamCall gets the call first, and writes to it
  if (!isGrpcCall(call)) return;
  if (call.write) call.write = afterRecording(call.write.bind(call));
  if (call.end) call.end = afterRecording(call.end.bind(call));
}

function logUnsent(error: unknown): void {
  const problem = `Cannot send the answer of a message handler: ${getErrorMessage(error)}. Correct the answer.`;
  new Logger('AuditCapture').error(problem);
}

function getMessagePattern(context: unknown): unknown {
  return readSafely(() => (context as { readonly getPattern?: () => unknown }).getPattern?.()); // each of Nest's contexts has this method
}

/** Returns the HTTP request in the context of a GraphQL operation: of Apollo and Yoga, or of mercurius. */
function getMessageRequest(context: unknown): object | undefined {
  const request = readFieldSafely(context, 'req') ?? readFieldSafely(readFieldSafely(context, 'reply'), 'request');
  return typeof request === 'object' && request !== null ? request : undefined;
}

/** A resolver's fourth argument contains the path of its field; the path of an operation has no parent. */
function isField(info: unknown): boolean {
  const path = (info as { readonly path?: { readonly prev?: unknown } } | undefined)?.path;
  return path?.prev !== undefined;
}

interface GrpcCallLike {
  /** The full name of the method: `/orders.Orders/Create`. */
  getPath(): string;
  getPeer(): string;
  readonly metadata: { getMap(): Readonly<Record<string, string>> };
  /** The client's message; `undefined` for a stream of messages. */
  readonly request?: unknown;
  write?: Respond;
  end?: Respond;
}

function isGrpcCall(input: unknown): input is GrpcCallLike {
  return typeof input === 'object' && input !== null && 'getPath' in input && 'getPeer' in input;
}

function openGrpcScope(call: GrpcCallLike, source: RequestIdSource): AuditScope {
  const ip = call.getPeer().replace(/:\d+$/, '');
  const headers = call.metadata.getMap();
  return openHttpScope({ headers, ip, socket: { remoteAddress: ip }, routeOptions: { url: call.getPath() } }, source);
}

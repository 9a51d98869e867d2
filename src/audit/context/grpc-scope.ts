import type { AuditScope } from './audit-scope.js';
import { openHttpScope, type RequestIdSource } from './read-request.js';

/** The part of a @grpc/grpc-js call that the scope is made from. */
interface GrpcCallLike {
  /** The full name of the method: `/orders.Orders/Create`. */
  getPath(): string;
  getPeer(): string;
  readonly metadata: { getMap(): Readonly<Record<string, string>> };
  /** The client's message; `undefined` for a stream of messages. */
  readonly request?: unknown;
}

/** Finds the gRPC call among the arguments of a message handler; `undefined` on other transports. */
export function grpcCallIn(args: readonly unknown[]): GrpcCallLike | undefined {
  return args.find(isGrpcCall);
}

function isGrpcCall(given: unknown): given is GrpcCallLike {
  return typeof given === 'object' && given !== null && 'getPath' in given && 'getPeer' in given;
}

/** Opens the scope of a gRPC call, whose metadata serve as the headers of a request. */
export function openGrpcScope(call: GrpcCallLike, source: RequestIdSource): AuditScope {
  const ip = call.getPeer().replace(/:\d+$/, '');
  const headers = call.metadata.getMap();
  return openHttpScope({ headers, ip, socket: { remoteAddress: ip }, routeOptions: { url: call.getPath() } }, source);
}

/** gRPC's status codes in their order, each with the HTTP status that `google.rpc.Code` maps it to. */
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

/** Returns the name of gRPC's status `code` and the HTTP status that it stands for; `undefined` for a code that is not an error. */
export function grpcStatus(code: unknown): { readonly name: string; readonly httpStatus: number } | undefined {
  const status = typeof code === 'number' && code > 0 ? GRPC_STATUSES[code] : undefined;
  return status && { name: status[0], httpStatus: status[1] };
}

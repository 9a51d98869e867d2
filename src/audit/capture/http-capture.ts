import type { AuditedOperation } from './audited-operation.js';

/** The facts of one audited HTTP request. */
export interface HttpCapture extends AuditedOperation {
  readonly request: object;
  clientGone?: true;
}

const CAPTURE = Symbol('nestjs-audit-ledger:capture');

/** Keeps a request's capture on the request itself, since a WeakMap of short-lived objects slows every garbage collection. */
export function keepCapture(capture: HttpCapture): void {
  const request = capture.request as { [CAPTURE]?: HttpCapture; raw?: { [CAPTURE]?: HttpCapture } };
  request[CAPTURE] = capture; // our own property, under our own symbol
  if (request.raw) request.raw[CAPTURE] = capture; // Node's request below Fastify's
}

/** Returns the capture of a request; `undefined` if its route is not audited, or if it is not a request. */
export function captureOf(request: object | undefined): HttpCapture | undefined {
  return (request as { [CAPTURE]?: HttpCapture } | undefined)?.[CAPTURE]; // only keepCapture sets it
}

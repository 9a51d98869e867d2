import type { AuditedOperation } from './audited-operation.js';

/** What is known of one audited HTTP request. */
export interface HttpCapture extends AuditedOperation {
  readonly request: object;
  clientGone?: true;
}

const captures = new WeakMap<object, HttpCapture>();

/** Keeps the capture of a request. */
export function keepCapture(capture: HttpCapture): void {
  captures.set(capture.request, capture);
}

/** The capture of a request; none when its route is not audited. */
export function captureOf(request: object): HttpCapture | undefined {
  return captures.get(request);
}

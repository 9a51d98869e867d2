import type { AuditScope } from '../context/audit-scope.js';
import type { AuditedEntry } from './audited.decorator.js';

/** How far an audited request came. */
export type CapturePhase = 'guards' | 'handler' | 'settled';

/** What is known of one audited request, until its end makes events of it. */
export interface HttpCapture {
  readonly scope: AuditScope;
  readonly request: object;
  readonly entries: readonly AuditedEntry[];
  phase: CapturePhase;
  result?: unknown;
  /** Boxed, since anything can be thrown. */
  thrown?: { readonly error: unknown };
  clientGone?: true;
  /** The recording of this request's events: begun once. Rejects only with AuditUnavailableError. */
  recording?: Promise<void>;
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

import type { AuditRequest, AuditResource } from '../../../src/audit/browser.js';
import type { ShownNames } from '../sentences/shown-names.js';

/** All values are untrusted. */
export interface ViewedEvent {
  readonly id: string;
  readonly occurredAt: string;
  readonly type: string;
  readonly action: string;
  readonly outcome: string;
  readonly category: string;
  readonly severity: string;
  readonly actor: ViewedActor;
  readonly tenantId?: string;
  readonly resource?: AuditResource;
  readonly request?: AuditRequest;
  readonly changes?: { readonly before?: unknown; readonly after?: unknown; readonly diff?: unknown };
  readonly reason?: string;
  readonly error?: { readonly name?: string; readonly code?: string; readonly message?: string };
  readonly details?: Readonly<Record<string, unknown>>;
  readonly detailsIssues?: readonly { readonly path: string; readonly message: string }[];
  readonly metadata?: Readonly<Record<string, unknown>>;
  readonly truncated?: true;
  /** Absent until the event is sealed. */
  readonly index?: number;
  readonly compliance?: readonly string[];
  readonly archive?: string;
  readonly names?: ShownNames;
  readonly rowChanges?: { readonly events: readonly string[]; readonly records: number; readonly isWhole: boolean };
}

export interface ViewedActor {
  readonly type: string;
  readonly id?: string;
  readonly name?: string;
  readonly sessionId?: string;
  readonly onBehalfOf?: { readonly type: string; readonly id: string };
}

export interface EventPage<Event = ViewedEvent> {
  readonly items: readonly Event[];
  readonly nextCursor: string | null;
  readonly archived?: { readonly included: boolean; readonly months: readonly string[] };
  readonly notes?: readonly string[];
}

export interface EventReference {
  readonly id: string;
  readonly type: string;
  readonly occurredAt: string;
  readonly actor: ViewedActor;
  readonly resource?: AuditResource;
}

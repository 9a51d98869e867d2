import type { AuditOutcome, AuditSeverity } from '../event/outcomes.js';
import type { DetailsRule } from './check-details.js';

/** The facts that a name puts into an event. */
export interface EventTypeFacts {
  readonly type: string;
  readonly action: string;
  readonly outcome: AuditOutcome;
  readonly category: string;
  /** Default: follows from the outcome. */
  readonly severity?: AuditSeverity | undefined;
}

/** The meaning of a name. */
export interface ResolvedEventType extends EventTypeFacts {
  /** Tags such as `pci_dss`. */
  readonly compliance: readonly string[];
  /** The detail fields that hold personal data. */
  readonly personal: ReadonlySet<string>;
  /** The detail fields that a team declares to be facts, whatever they hold; `undefined`: the usual facts of any event. */
  readonly facts?: readonly string[];
  /** The rule that the details are checked against; `undefined`: any are accepted. */
  readonly details?: DetailsRule | undefined;
}

/** The facts that all event types of an action share. */
export type KnownAction = Pick<ResolvedEventType, 'category' | 'compliance' | 'details'>;

import type { AuditOutcome, AuditSeverity } from '../../base/event/outcomes.js';
import type { DetailsRule } from './check-details.js';

export interface EventTypeFacts {
  readonly type: string;
  readonly action: string;
  readonly outcome: AuditOutcome;
  readonly category: string;
  /** Default: the severity of the outcome. */
  readonly severity?: AuditSeverity | undefined;
}

export interface ResolvedEventType extends EventTypeFacts {
  /** The compliance tags, for example `pci_dss`. */
  readonly compliance: readonly string[];
  /** The detail fields that hold personal data. */
  readonly personal: ReadonlySet<string>;
  /** The detail fields that a team declares to be facts, in addition to the known facts. */
  readonly facts?: readonly string[];
  /** The rule for the details; with `undefined`, any details are valid. */
  readonly details?: DetailsRule | undefined;
}

/** The category, the compliance tags and the details of an action, from all its event types. */
export type KnownAction = Pick<ResolvedEventType, 'category' | 'compliance' | 'details'>;

import type { AuditEvent } from '../event/audit-event.js';
import type { AuditProvider, AuditProviderOptions } from './audit-provider.js';

/** A discovered, enabled provider with its options resolved. */
export interface RegisteredProvider {
  readonly backend: string;
  readonly module: string;
  readonly instance: AuditProvider;
  readonly awaited: boolean;
  readonly required: boolean;
  readonly maxBatchesInFlight: number;
  readonly wants: (event: AuditEvent) => boolean;
}

/** Fills in the defaults of a provider's options. */
export function registerProvider(
  instance: AuditProvider,
  backend: string,
  module: string,
  options: AuditProviderOptions,
): RegisteredProvider {
  const categories = options.categories ? new Set(options.categories) : undefined;
  return {
    backend,
    module,
    instance,
    awaited: options.awaited ?? true,
    required: options.required ?? false,
    maxBatchesInFlight: options.maxBatchesInFlight ?? 1,
    wants: categories ? (event) => categories.has(event.category) : () => true,
  };
}

import type { AuditedOptions } from '../../audit/index.js';

/** The call does not switch off: it switches on, or does not say what it wants. */
export const switchesOn: NonNullable<AuditedOptions['when']> = ({ request }) => !isOff(request.body?.enabled);

/** The call switches off. */
export const switchesOff: NonNullable<AuditedOptions['when']> = ({ request }) => isOff(request.body?.enabled);

function isOff(enabled: unknown): boolean {
  return enabled === false;
}

import type { AuditedOptions } from '../../../audit/index.js';

/**
 * What the event of a payment's route says by itself: the order that it is for, so that it is in the order's timeline.
 * Which payment, how much, and the tenant come from the services.
 */
export const AUDITED_PAYMENT: AuditedOptions = {
  resource: ({ request }) => ({ type: 'order', id: request.params?.id }),
};

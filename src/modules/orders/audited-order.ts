import type { AuditedCall, AuditedOptions } from '../../audit/index.js';
import type { OrderSummary } from './dto/order.responses.js';

/**
 * What the event of an order's route says by itself: the order, by the result, or before there is one by the route's id.
 * Its tenant, details and changes come from the service, which knows them.
 */
export const AUDITED_ORDER: AuditedOptions<Readonly<OrderSummary> | undefined> = {
  resource: ({ request, result }: AuditedCall<Readonly<OrderSummary> | undefined>) => ({
    type: 'order',
    id: result?.id ?? request.params?.id,
  }),
};

/** The same where a success is recorded by the service, in the transaction that makes it: only what came to nothing. */
export const AUDITED_REFUSAL: typeof AUDITED_ORDER = {
  ...AUDITED_ORDER,
  when: ({ result }) => result === undefined,
};

import type { AuditedCall, AuditedOptions } from '../../audit/index.js';
import type { OrderSummary } from './dto/order.dto.js';

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

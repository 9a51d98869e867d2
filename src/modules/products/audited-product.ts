import type { AuditedOptions } from '../../audit/index.js';
import type { ProductView } from './dto/product.dto.js';

/**
 * What the event of a product's route says by itself: the product, by the result, or else by the route's id. Its details
 * and changes come from the service, which knows them.
 */
export const AUDITED_PRODUCT: AuditedOptions<Readonly<ProductView> | undefined> = {
  resource: ({ request, result }) => ({ type: 'product', id: result?.id ?? request.params?.id }),
};

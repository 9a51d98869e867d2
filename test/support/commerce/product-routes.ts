import {
  ANY_ID,
  routeCases,
  type BriefCase,
  type CommerceCallers,
  type PreparedCall,
  type RouteCase,
} from './route-case.js';
import { makeProduct, productFacts } from './things.js';

/** The routes of the products. */
export const PRODUCT_ROUTES: readonly RouteCase[] = [
  ...productRoute('POST', '/products', 'product_created', 'product_creation', 201, undefined, [
    {
      case: 'creates a product',
      prepare: () => {
        const details = productFacts();
        return { path: '/products', body: details, details };
      },
    },
    {
      case: 'refuses a body that is not valid',
      prepare: () => ({ path: '/products', body: { ...productFacts(), priceCents: -1 }, resourceId: null }),
      status: 400,
      reason: 'validation',
    },
    {
      case: 'refuses the SKU of another product',
      prepare: async (callers) => {
        const { sku } = await makeProduct(callers);
        const details = productFacts({ sku });
        return { path: '/products', body: details, resourceId: null, details };
      },
      status: 409,
      reason: 'sku_taken',
    },
  ]),
  ...productRoute('PATCH', '/products/:id', 'product_updated', 'product_update', 200, { name: 'Red pen' }, [
    {
      case: 'changes what a product reads',
      prepare: async (callers) => {
        const { id, sku, name } = await makeProduct(callers);
        const changes = { before: { name }, after: { name: 'Red pen' } };
        return { path: `/products/${id}`, body: changes.after, resourceId: id, details: { sku }, changes };
      },
    },
    unknownProduct('PATCH', '', { name: 'Red pen' }),
  ]),
  ...productRoute('DELETE', '/products/:id', 'product_deleted', 'product_deletion', 204, undefined, [
    {
      case: 'deletes a product',
      prepare: async (callers) => {
        const details = productFacts();
        const { id } = await makeProduct(callers, details);
        return { path: `/products/${id}`, resourceId: id, details };
      },
    },
    unknownProduct('DELETE', ''),
  ]),
  ...activityRoute('activate', 'product_activated', 'product_activation', true),
  ...activityRoute('deactivate', 'product_deactivated', 'product_deactivation', false),
  ...amountRoute('price', 'price_changed', 'price_change', 'priceCents'),
  ...amountRoute('inventory', 'inventory_updated', 'inventory_update', 'stock'),
];

function productRoute(
  method: string,
  pattern: string,
  type: string,
  action: string,
  status: number,
  deniedBody: object | undefined,
  cases: readonly BriefCase[],
): readonly RouteCase[] {
  const fixed = { route: `${method} ${pattern}`, by: 'admin', resourceType: 'product' } as const;
  return routeCases(fixed, { type, action, status }, deniedBody, cases);
}

function activityRoute(verb: string, type: string, action: string, active: boolean): readonly RouteCase[] {
  const become = async (callers: CommerceCallers, before: boolean): Promise<PreparedCall> => {
    const { id, sku } = await makeProduct(callers, { active: before });
    const changes = { before: { active: before }, after: { active } };
    const differs = before === active ? {} : { changes };
    return { path: `/products/${id}/${verb}`, resourceId: id, details: { sku }, ...differs };
  };
  return productRoute('POST', `/products/:id/${verb}`, type, action, 200, undefined, [
    { case: `${verb}s a product`, prepare: (callers) => become(callers, !active) },
    {
      case: 'refuses a product that is so already',
      prepare: (callers) => become(callers, active),
      status: 409,
      reason: active ? 'product_is_active' : 'product_is_inactive',
    },
    unknownProduct('POST', `/${verb}`),
  ]);
}

function amountRoute(noun: string, type: string, action: string, field: 'priceCents' | 'stock'): readonly RouteCase[] {
  return productRoute('PUT', `/products/:id/${noun}`, type, action, 200, { [field]: 7 }, [
    {
      case: `sets the ${noun}`,
      prepare: async (callers) => {
        const product = await makeProduct(callers);
        const changes = { before: { [field]: product[field] }, after: { [field]: 7 } };
        const { id, sku } = product;
        return { path: `/products/${id}/${noun}`, body: changes.after, resourceId: id, details: { sku }, changes };
      },
    },
    {
      case: 'refuses less than nothing',
      prepare: () => ({ path: `/products/${ANY_ID}/${noun}`, body: { [field]: -1 }, resourceId: ANY_ID }),
      status: 400,
      reason: 'validation',
    },
    unknownProduct('PUT', `/${noun}`, { [field]: 7 }),
  ]);
}

function unknownProduct(method: string, rest: string, body?: object): BriefCase {
  return {
    case: `does not find a product of another id (${method})`,
    prepare: () => ({ path: `/products/${ANY_ID}${rest}`, ...(body ? { body } : {}), resourceId: ANY_ID }),
    status: 404,
    reason: 'product_not_found',
  };
}

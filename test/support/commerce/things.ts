import { randomUUID } from 'node:crypto';
import { expect } from '@jest/globals';
import type { ApiClient } from '../api-client.js';

/** `customer` has the role user only; `nobody` has no access token. */
export interface CommerceCallers {
  readonly admin: ApiClient;
  readonly customer: ApiClient;
  readonly nobody: ApiClient;
}

export interface MadeProduct {
  readonly id: string;
  readonly sku: string;
  readonly name: string;
  readonly priceCents: number;
  readonly stock: number;
}

export function productFacts(fields: Partial<MadeProduct> = {}): Omit<MadeProduct, 'id'> {
  return { sku: `pen-${randomUUID()}`, name: 'Blue pen', priceCents: 150, stock: 10, ...fields };
}

export async function makeProduct({ admin }: CommerceCallers, fields: Partial<MadeProduct> = {}): Promise<MadeProduct> {
  const { status, body } = await admin.send<MadeProduct>('POST', '/products', productFacts(fields));
  expect(status).toBe(201);
  return body;
}

export const OTHER_ITEMS = [
  { sku: 'gift wrap', quantity: 3, unitPriceCents: 150 },
  { sku: 'a card', quantity: 1, unitPriceCents: 549 },
] as const;
export const OTHER_TOTAL_CENTS = 999;

export async function makeOrder(
  { customer }: CommerceCallers,
  items: readonly object[] = OTHER_ITEMS,
): Promise<string> {
  const { status, body } = await customer.send<{ id: string }>('POST', '/orders', { items });
  expect(status).toBe(201);
  return body.id;
}

export async function makePaidOrder(callers: CommerceCallers): Promise<string> {
  const id = await makeOrder(callers);
  const paid = await callers.customer.send('POST', `/orders/${id}/payments`, { paymentMethodToken: 'tok_visa' });
  expect(paid.status).toBe(201);
  return id;
}

export async function makeCanceledOrder(callers: CommerceCallers): Promise<string> {
  const id = await makeOrder(callers);
  expect((await callers.customer.send('POST', `/orders/${id}/cancel`, { reason: 'by mistake' })).status).toBe(200);
  return id;
}

/** The Luhn checksum is valid, as on test cards. */
export const CARD_NUMBER = '4242424242424242';

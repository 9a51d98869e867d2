import { expect } from '@jest/globals';
import type { INestApplication } from '@nestjs/common';
import type { ApiClient } from '../api-client.js';
import { eventually } from '../eventually.js';
import { OTTILIE, OTTILIES_TEXT } from './ottilie.js';

export interface Scene {
  readonly person: ApiClient;
  readonly personId: string;
  readonly admin: ApiClient;
  readonly app: INestApplication;
}

type Body = Readonly<Record<string, string>>;

async function call(client: ApiClient, method: string, path: string, body?: object): Promise<Body> {
  const answer = await client.send<Body>(method, path, body);
  if (answer.status >= 300) throw new Error(`${method} ${path}: ${answer.status} ${JSON.stringify(answer.body)}`);
  return answer.body;
}

/** Every route that changes state must succeed, except routes that end the person's account. */
export async function liveALife(scene: Scene): Promise<void> {
  await useAccount(scene);
  await beAdministered(scene);
  await beMemberOfStore(scene);
  await shop(scene);
  await beHeld(scene);
  await raiseAlert(scene);
  await beStreamed(scene);
}

async function logIn(person: ApiClient, password: string = OTTILIE.password): Promise<void> {
  expect(await person.logIn(OTTILIE.email, password)).toBe(200);
}

async function useAccount({ person }: Scene): Promise<void> {
  const { name } = OTTILIE;
  await logIn(person);
  const { id: key } = await call(person, 'POST', '/auth/me/api-keys', { name: `of ${name}` });
  await call(person, 'DELETE', `/auth/me/api-keys/${key}`);
  await call(person, 'POST', '/me/data-export', {});
  await call(person, 'POST', '/auth/logout');
  await logIn(person);
}

async function beAdministered({ person, admin, personId }: Scene): Promise<void> {
  const { name, workEmail, password } = OTTILIE;
  const second = { email: workEmail, name, password };
  const { id: secondId } = await call(admin, 'POST', '/auth/register', second);
  await call(admin, 'PATCH', `/admin/users/${secondId}`, { name: `${name} at work` });
  await call(admin, 'DELETE', `/admin/users/${secondId}`);
  for (const active of [false, true]) await call(admin, 'PATCH', `/admin/users/${personId}`, { active });
  await logIn(person);
  for (const roles of [['user', 'auditor'], ['user']])
    await call(admin, 'PATCH', `/admin/users/${personId}`, { roles });
}

async function beMemberOfStore({ admin, personId }: Scene): Promise<void> {
  const { id } = await call(admin, 'POST', '/admin/stores', { name: 'Corner shop' });
  await call(admin, 'POST', `/admin/stores/${id}/members`, { userId: personId, role: 'cashier' });
  await call(admin, 'PUT', `/admin/stores/${id}/roles/cashier/permissions`, { permissions: ['orders:read'] });
  await call(admin, 'DELETE', `/admin/stores/${id}/members/${personId}`);
}

async function shop({ person, admin }: Scene): Promise<void> {
  const pen = { sku: 'pen-1', name: 'Blue pen', priceCents: 150, stock: 10 };
  const { id: product } = await call(admin, 'POST', '/products', pen);
  await call(admin, 'PATCH', `/products/${product}`, { name: 'Green pen' });
  await call(admin, 'PUT', `/products/${product}/price`, { priceCents: 200 });
  await call(admin, 'PUT', `/products/${product}/inventory`, { stock: 20 });

  const items = [{ sku: 'pen-1', quantity: 2, unitPriceCents: 200 }];
  const order = async () => (await call(person, 'POST', '/orders', { items })).id;
  const [shipped, refunded, canceled] = [await order(), await order(), await order()];
  await call(person, 'PATCH', `/orders/${shipped}`, { items: [{ sku: OTTILIE.name, quantity: 1, unitPriceCents: 9 }] });
  for (const id of [shipped, refunded])
    await call(person, 'POST', `/orders/${id}/payments`, { paymentMethodToken: 'tok_visa' });
  await call(admin, 'POST', `/orders/${shipped}/ship`);
  await call(admin, 'POST', `/orders/${refunded}/refunds`, { reason: OTTILIES_TEXT });
  await call(person, 'POST', `/orders/${canceled}/cancel`, { reason: OTTILIES_TEXT });
  await call(admin, 'DELETE', `/products/${product}`);
}

async function beHeld({ admin, personId }: Scene): Promise<void> {
  const { id } = await call(admin, 'POST', '/audit/holds', { reason: 'a lawsuit', actorId: personId });
  await call(admin, 'POST', `/audit/holds/${id}/release`, { reason: 'it was settled' });
}

async function raiseAlert({ admin }: Scene): Promise<void> {
  await eventually(async () => (await admin.events('type=alert_raised&details.rule=hold_released')).length > 0);
}

async function beStreamed({ admin }: Scene): Promise<void> {
  for (const verb of ['replay', 'pause', 'resume', 'retry', 'drop']) {
    await call(admin, 'POST', `/audit/consumers/siem/${verb}`, { reason: OTTILIES_TEXT });
  }
}

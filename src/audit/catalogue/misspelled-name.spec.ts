import { expect, it } from '@jest/globals';
import { Catalogue } from './catalogue.js';

const catalogue = new Catalogue();

it.each([
  ['user_logn', 'user_login'],
  ['user_lgoin', 'user_login'],
  ['userlogin', 'user_login'],
  ['user.login', 'user_login'],
  ['user_logn_denied', 'user_login'],
  ['user_login_faild', 'user_login_failed'],
  ['orders_created', 'order_created'],
])('%s is one or two edits from %s', (name, meant) => {
  expect(catalogue.findMisspelled(name)).toBe(meant);
});

it.each(['invoice_created', 'order_shipped', 'user_blocked', 'login', 'auth.custom.event', 'user_login_denied'])(
  '%s is far from each known name, short, or known with another outcome',
  (name) => {
    expect(catalogue.findMisspelled(name)).toBeUndefined();
  },
);

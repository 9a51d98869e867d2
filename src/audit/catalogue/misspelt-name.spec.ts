import { describe, expect, it } from '@jest/globals';
import { Catalogue } from './catalogue.js';

const catalogue = new Catalogue();
const known = catalogue.knownTypes().flatMap(({ type, action }) => [type, action]);

describe('a name that nobody defined', () => {
  it.each([
    ['user_logn', 'user_login'],
    ['user_lgoin', 'user_login'],
    ['usr_login', 'user_login'],
    ['userlogin', 'user_login'],
    ['user.login', 'user_login'],
    ['user_logn_failed', 'user_login_failed'],
    ['user_logn_denied', 'user_login'],
    ['user_login_faild', 'user_login_failed'],
    ['order_creatoin', 'order_creation'],
    ['order_craeted', 'order_created'],
  ])('%s misspells %s', (name, meant) => {
    expect(catalogue.misspelt(name)).toBe(meant);
  });

  it.each([
    ...['invoice_created', 'invoice_export_failed', 'order_shipped', 'order_packed', 'order_printed', 'user_blocked'],
    ...['data_import', 'data_imported', 'rule_assigned', 'cart_created', 'auth.custom.event', 'order_rated', 'login'],
    ...['store_opening', 'user_merged', 'user_invited', 'report_requested', 'payment_captured', 'email_opened'],
  ])('%s is one of its own', (name) => {
    expect(catalogue.misspelt(name)).toBeUndefined();
  });

  it('is another form of a known one, or has another outcome', () => {
    const outcomes = ['_attempted', '_failed', '_failure', '_denied', '_partial', '_succeeded'];
    const forms = known.flatMap((name) => {
      const plural = /(?:s|sh|ch)$/.test(name) ? 'es' : 's';
      const past = /(?:al|ing|ipt|ry|op)$/.test(name) ? '' : name.endsWith('e') ? 'd' : 'ed';
      const ends = /(?:ed|ss)$/.test(name) ? [] : [plural, past];
      return ['', ...ends, ...outcomes].map((end) => name + end);
    });
    const plurals = known.map((name) => name.replace(/(?<!s)_/, 's_'));
    const warned = [...forms, ...plurals].filter((name) => catalogue.misspelt(name) !== undefined);
    expect(warned).toEqual([]);
  });
});

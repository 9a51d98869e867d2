import { describe, expect, it } from '@jest/globals';
import { Webhook } from 'standardwebhooks';
import { isPublic, type NameLookup } from './network.js';
import { sampleBatch } from '../../../../test/support/stream-batches.js';
import { HttpSender } from './http-sender.js';
import { buildStandardHeaders, webhook } from './webhook.destination.js';

const SECRETS = [1, 2].map((byte) => `whsec_${Buffer.alloc(32, byte).toString('base64')}`);
const SOURCE = { origin: 'audit.example.com/shop', version: '1.2.3' };
const BATCH = sampleBatch([]);

function senderTo(url: string, find: NameLookup): HttpSender {
  const options = { url, timeoutMs: 15_000, allowPrivateAddresses: false, ca: undefined };
  return new HttpSender(options, { buildHeaders: () => ({}), buildBodies: () => ['{}'] }, find);
}

describe('a webhook', () => {
  it.each([
    '127.0.0.1',
    '10.1.2.3',
    '100.64.0.1',
    '169.254.169.254',
    '172.31.255.255',
    '192.168.0.1',
    '0.0.0.0',
    '255.255.255.255',
    '::1',
    '::',
    'fe80::1',
    'fc00::1',
    '::ffff:127.0.0.1',
    '64:ff9b::7f00:1',
    '2002:7f00:1::',
    'not an address',
  ])('treats %s as private', (address) => {
    expect(isPublic(address)).toBe(false);
  });

  it.each(['1.1.1.1', '8.8.8.8', '172.32.0.1', '2606:4700:4700::1111'])('treats %s as public', (address) => {
    expect(isPublic(address)).toBe(true);
  });

  it.each([
    'https://127.0.0.1/',
    'https://[::1]/',
    'https://[::ffff:10.0.0.1]/',
    'https://0x7f.1/',
    'https://2130706433/',
  ])('refuses the private address of %s', async (url) => {
    const result = await webhook.kind.open({ url, secrets: SECRETS }, SOURCE).send(BATCH, new AbortController().signal);
    expect(result).toEqual({ outcome: 'retry', reason: expect.stringContaining('is not public') });
  });

  it('sends nothing to a name that resolves to a private address at the next connection', async () => {
    let lookups = 0;
    const find: NameLookup = (_name, callback) => {
      lookups += 1;
      if (lookups === 1) callback(Object.assign(new Error('the first connection'), { code: 'EAI_AGAIN' }), undefined);
      else callback(null, [{ address: '127.0.0.1', family: 4 }]);
    };
    const rebound = senderTo('http://siem.example.com:9', find);
    for (const reason of ['the first connection', 'siem.example.com: its address is not public']) {
      const result = await rebound.send(BATCH, new AbortController().signal);
      expect(result).toEqual({ outcome: 'retry', reason: expect.stringContaining(reason) });
    }
    await rebound.close();
  });

  it('signs with each secret, and the reference library verifies the signatures', () => {
    const headers = buildStandardHeaders({ id: 'b-1', body: '{"a":1}', at: new Date() }, SECRETS);
    for (const secret of SECRETS) expect(new Webhook(secret).verify('{"a":1}', headers)).toEqual({ a: 1 });
    const foreignLockHolder = new Webhook(`whsec_${Buffer.alloc(32, 3).toString('base64')}`);
    expect(() => foreignLockHolder.verify('{"a":1}', headers)).toThrow();
    expect(() => new Webhook(SECRETS[0] ?? '').verify('{"a":2}', headers)).toThrow();
  });
});

import { describe, expect, it } from '@jest/globals';
import { Webhook } from 'standardwebhooks';
import { isPublic, type NameLookup } from './public-addresses.js';
import { keyOfSecret, standardHeaders } from './standard-webhook.js';
import { sampleBatch } from '../../../../test/support/stream-batches.js';
import { WebhookDestination } from './webhook.destination.js';

const SECRETS = [1, 2].map((byte) => `whsec_${Buffer.alloc(32, byte).toString('base64')}`);
const SOURCE = { origin: 'audit.example.com/shop', version: '1.2.3' };
const BATCH = sampleBatch([]);

function webhook(url: string, find?: NameLookup): WebhookDestination {
  return new WebhookDestination({ type: 'webhook', url, secrets: SECRETS }, SOURCE, find);
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
  ])('takes %s for private', (address) => {
    expect(isPublic(address)).toBe(false);
  });

  it.each(['1.1.1.1', '8.8.8.8', '172.32.0.1', '2606:4700:4700::1111'])('takes %s for public', (address) => {
    expect(isPublic(address)).toBe(true);
  });

  it.each([
    'https://127.0.0.1/',
    'https://[::1]/',
    'https://[::ffff:10.0.0.1]/',
    'https://0x7f.1/',
    'https://2130706433/',
  ])('refuses the private address of %s', async (url) => {
    const answer = await webhook(url).send(BATCH, new AbortController().signal);
    expect(answer).toEqual({ outcome: 'retry', reason: expect.stringContaining('is not public') });
  });

  it('refuses a name with a private address at each connection, also when it had a public one before', async () => {
    const answers = [['127.0.0.1'], ['1.1.1.1', '127.0.0.1'], ['169.254.169.254']];
    let asked = 0;
    const destination = webhook('https://rebinding.example/', (_name, done) => {
      const addresses = answers[asked] ?? [];
      asked += 1;
      done(
        null,
        addresses.map((address) => ({ address, family: 4 })),
      );
    });
    for (const found of answers) {
      const answer = await destination.send(BATCH, new AbortController().signal);
      expect(answer).toEqual({
        outcome: 'retry',
        reason: `Cannot send to rebinding.example: its address ${found.at(-1) ?? ''} is not public. Correct the url, or set allowPrivateAddresses for a destination in your own network.`,
      });
    }
    expect(asked).toBe(answers.length);
    await destination.close();
  });

  it('signs with each secret as the reference library verifies it', () => {
    const headers = standardHeaders({ id: 'b-1', body: '{"a":1}', at: new Date() }, SECRETS);
    for (const secret of SECRETS) expect(new Webhook(secret).verify('{"a":1}', headers)).toEqual({ a: 1 });
    const stranger = new Webhook(`whsec_${Buffer.alloc(32, 3).toString('base64')}`);
    expect(() => stranger.verify('{"a":1}', headers)).toThrow();
    expect(() => new Webhook(SECRETS[0] ?? '').verify('{"a":2}', headers)).toThrow();
  });

  it.each(['', 'whsec_', 'whsec_c2hvcnQ=', 'not base64 at all, is it?', 7, undefined])(
    'takes %j for no secret',
    (text) => {
      expect(keyOfSecret(text)).toBeUndefined();
    },
  );
});

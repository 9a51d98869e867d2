import { afterEach, describe, expect, it } from '@jest/globals';
import { Webhook } from 'standardwebhooks';
import { holdAgainstEcs } from '../../../../test/support/ecs-schema.js';
import { HttpReceiver } from '../../../../test/support/http-receiver.js';
import { holdAgainstOcsf } from '../../../../test/support/ocsf-schema.js';
import { sampleEvent } from '../../../../test/support/index.js';
import { sampleBatch } from '../../../../test/support/stream-batches.js';
import { JSON_FORMATS, type JsonFormat } from '../formats/stream-format.js';
import { webhook as webhookType } from './webhook.destination.js';

const SOURCE = { origin: 'audit.example.com/shop', version: '1.2.3' };
const SECRET = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;
const CHECKPOINT = 'audit.example.com/shop\n3\nroot=\n\n— audit.example.com/shop c2lnbmF0dXJl\n';
const never = new AbortController().signal;
const closing: (() => Promise<unknown>)[] = [];

afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

const events = [sampleEvent(), sampleEvent({ type: 'user_login_failed' }), sampleEvent()];
const [first, second, third] = events.map(({ id }) => id);
const batch = sampleBatch(events, { first: 40, parked: [third ?? ''], checkpoint: CHECKPOINT, previousHash: 'abc=' });
const facts = { id: batch.id, stream: 'siem', first: 40, last: 42, previousHash: 'abc=' };
const indices = [40, 41, 42];

type ReadFacts = readonly [id: unknown, index: unknown, leaf: unknown, batch: unknown];
interface Written {
  readonly [name: string]: unknown;
  readonly metadata?: { readonly uid: string; readonly sequence: number };
  readonly unmapped?: { readonly leafHash: string; readonly batch: unknown };
  readonly event?: { readonly id: string; readonly sequence: number; readonly hash: string };
  readonly audit_ledger?: { readonly batch: unknown };
}
const READ: Readonly<Record<JsonFormat, (written: Written) => ReadFacts>> = {
  json: ({ id, index, leafHash, batch: input }) => [id, index, leafHash, input],
  ocsf: ({ metadata, unmapped }) => [metadata?.uid, metadata?.sequence, unmapped?.leafHash, unmapped?.batch],
  ecs: ({ event, audit_ledger: own }) => [event?.id, event?.sequence, event?.hash, own?.batch],
  cloudevents: (each) => [
    each.id,
    Number(each.sequence),
    each.leafhash,
    {
      ...{ id: each.batchid, stream: each.batchstream, previousHash: each.batchprevioushash },
      ...{ first: Number(each.batchfirst), last: Number(each.batchlast) },
      ...(typeof each.batchcheckpoint === 'string'
        ? { checkpoint: Buffer.from(each.batchcheckpoint, 'base64').toString() }
        : {}),
    },
  ],
};

function expectWhole(format: JsonFormat, written: readonly Written[]): void {
  const leaves = [...batch.events, ...batch.gaps].map(({ leafHash }) => leafHash);
  const ids = [first, second, `${third}-gap`];
  expect(written.map(READ[format])).toEqual(
    indices.map((index, nth) => [
      ids[nth],
      index,
      leaves[nth],
      nth === 0 ? { ...facts, checkpoint: CHECKPOINT } : facts,
    ]),
  );
  for (const each of written) {
    if (format === 'ocsf') expect(holdAgainstOcsf(each).problems).toEqual([]);
    if (format === 'ecs') expect(holdAgainstEcs(each, 'audit_ledger')).toEqual([]);
  }
}

describe.each(JSON_FORMATS)('a batch as %s', (format) => {
  it('is an array of its events in the signed body of a webhook', async () => {
    const receiver = await new HttpReceiver(() => ({ status: 204 })).start();
    closing.push(() => receiver.stop());
    const options = { type: 'webhook', url: receiver.url, secrets: [SECRET], format } as const;
    const webhook = webhookType.kind.open({ ...options, allowPrivateAddresses: true }, SOURCE);
    closing.push(() => webhook.close());
    await expect(webhook.send(batch, never)).resolves.toEqual({ outcome: 'accepted' });

    const [{ headers, body } = { headers: {} as Record<string, string>, body: '' }] = receiver.requests;
    const written = new Webhook(SECRET).verify(body, headers as Record<string, string>) as readonly Written[];
    expectWhole(format, written);
    expect(headers['webhook-id']).toBe(batch.id);
    expect(headers['content-type']).toBe(
      format === 'cloudevents' ? 'application/cloudevents-batch+json; charset=UTF-8' : 'application/json',
    );
  });
});

it('CloudEvents of a batch have attributes that the specification allows', async () => {
  const receiver = await new HttpReceiver(() => ({ status: 204 })).start();
  closing.push(() => receiver.stop());
  const options = { type: 'webhook', url: receiver.url, secrets: [SECRET], allowPrivateAddresses: true } as const;
  const webhook = webhookType.kind.open({ ...options, format: 'cloudevents' }, SOURCE);
  closing.push(() => webhook.close());
  await webhook.send({ ...batch, previousHash: '' }, never);
  const written = JSON.parse(receiver.requests[0]?.body ?? '[]') as readonly Written[];
  for (const [name, value] of written.flatMap((each) => Object.entries(each))) {
    expect(name).toMatch(/^[a-z0-9]{1,20}$/);
    if (name !== 'data') expect(value).toMatch(/^[^\p{Cc}]+$/u); // a text that is not empty, without control characters
  }
});

import { GetObjectCommand, ListObjectsV2Command, S3Client } from '@aws-sdk/client-s3';
import { afterEach, describe, expect, it } from '@jest/globals';
import S3rver from 's3rver';
import { HttpReceiver } from '../../../../test/support/http-receiver.js';
import { freePort } from '../../../../test/support/free-port.js';
import { closeAfterTests, sampleEvent, tempFolder } from '../../../../test/support/index.js';
import { SAMPLE_SELECTION, sampleBatch } from '../../../../test/support/stream-batches.js';
import type { OpenDestination } from '../define-destination.js';
import { s3 as type, type S3DestinationOptions } from './s3.destination.js';

const SOURCE = { origin: 'audit.example.com/shop', version: '1.2.3' };
const CREDENTIALS = { accessKeyId: 'S3RVER', secretAccessKey: 'S3RVER' };
const never = new AbortController().signal;
const opened: { close(): Promise<void> }[] = [];

const folder = await tempFolder('s3-');
const port = await freePort();
const endpoint = `http://127.0.0.1:${port}`;
const configureBuckets = [{ name: 'audit', configs: [] }];
const server = await closeAfterTests(
  new S3rver({ port, address: '127.0.0.1', silent: true, directory: folder, configureBuckets }),
);
await server.run();
afterEach(async () => {
  for (const each of opened.splice(0).reverse()) await each.close();
});

function destination(options: Partial<S3DestinationOptions> = {}): OpenDestination {
  const input = { type: 's3', bucket: 'audit', region: 'eu-central-1', endpoint, allowPrivateAddresses: true } as const;
  const made = type.kind.open({ ...input, ...CREDENTIALS, ...options }, SOURCE);
  opened.push(made);
  return made;
}

describe('the s3 destination', () => {
  it('writes each batch as an object, under its range and id', async () => {
    const batches = [sampleBatch([sampleEvent(), sampleEvent()]), sampleBatch([sampleEvent()], { first: 2 })];
    const s3 = destination({ prefix: 'logs/' });
    for (const batch of [...batches, ...batches]) {
      await expect(s3.send(batch, never)).resolves.toEqual({ outcome: 'accepted' });
    }

    const client = new S3Client({ region: 'eu-central-1', endpoint, forcePathStyle: true, credentials: CREDENTIALS });
    const { Contents = [] } = await client.send(new ListObjectsV2Command({ Bucket: 'audit', Prefix: 'logs/' }));
    expect(Contents.map(({ Key }) => Key)).toEqual([
      `logs/siem/0000000000000000-0000000000000001-${batches[0]?.id}.jsonl`,
      `logs/siem/0000000000000002-0000000000000002-${batches[1]?.id}.jsonl`,
    ]);
    const { Body } = await client.send(new GetObjectCommand({ Bucket: 'audit', Key: Contents[0]?.Key ?? '' }));
    const lines = ((await Body?.transformToString()) ?? '').trimEnd().split('\n');
    expect(lines.map((line) => JSON.parse(line) as unknown)).toMatchObject([
      {
        batch: { id: batches[0]?.id, stream: 'siem', first: 0, last: 1, previousHash: '', selection: SAMPLE_SELECTION },
      },
      { id: batches[0]?.events[0]?.id, index: 0 },
      { id: batches[0]?.events[1]?.id, index: 1 },
    ]);
    client.destroy();
  });

  it('overwrites nothing, accepts an object that exists, and locks each object', async () => {
    const taken = new Set<string>();
    const receiver = await new HttpReceiver(({ url, headers }) => {
      if (headers['if-none-match'] === '*' && taken.has(url.pathname)) return { status: 412 };
      taken.add(url.pathname);
      return { status: 200 };
    }).start();
    const s3 = destination({ endpoint: receiver.url, lock: { mode: 'COMPLIANCE', days: 400 } });
    opened.push({ close: () => receiver.stop() });
    const batch = sampleBatch([sampleEvent()]);

    await expect(s3.send(batch, never)).resolves.toEqual({ outcome: 'accepted' });
    await expect(s3.send(batch, never)).resolves.toEqual({ outcome: 'accepted' });
    expect(receiver.requests).toHaveLength(2);
    expect(receiver.requests[0]?.headers['x-amz-object-lock-mode']).toBe('COMPLIANCE');
    const until = Date.parse(String(receiver.requests[0]?.headers['x-amz-object-lock-retain-until-date']));
    expect(Math.round((until - Date.now()) / 86_400_000)).toBe(400);
  });

  it('retries when the bucket is missing, or the server fails, hangs, or has a private address', async () => {
    const receiver = await new HttpReceiver(() => ({ status: 200 })).start();
    opened.push({ close: () => receiver.stop() });
    receiver.faults.push(
      { status: 503 },
      { status: 307, headers: { location: `${receiver.url}/other` } },
      'reset',
      'hang',
    );
    const failing = destination({ endpoint: receiver.url, timeoutMs: 1_000 });
    for (const options of [
      { bucket: 'nowhere' },
      { accessKeyId: 'x' },
      { allowPrivateAddresses: false, endpoint: 'https://127.0.0.1' },
    ]) {
      const result = await destination(options).send(sampleBatch([sampleEvent()]), never);
      expect(result).toEqual({
        outcome: 'retry',
        reason: expect.stringMatching(/NoSuchBucket|AccessKeyId|not public/),
      });
    }
    for (let attempt = 0; attempt < 4; attempt++) {
      await expect(failing.send(sampleBatch([sampleEvent()]), never)).resolves.toMatchObject({ outcome: 'retry' });
    }
    expect(receiver.requests).toHaveLength(4); // a redirect is not followed
    const patient = destination({ endpoint: receiver.url });
    await expect(patient.send(sampleBatch([sampleEvent()]), never)).resolves.toEqual({ outcome: 'accepted' });
  });
});

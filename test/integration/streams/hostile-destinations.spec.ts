import { describe, expect, it } from '@jest/globals';
import type { StreamOptions } from '../../../src/rooms/streams/index.js';
import { kept, testDatabase, eventually, freshKeyFile } from '../../support/index.js';
import { HttpReceiver } from '../../support/http-receiver.js';
import { makeCertificate } from '../../support/make-certificate.js';
import { addSealed, startStreamApp } from '../../support/stream-app.js';

type Destination = StreamOptions['destination'];

const SECRETS = [`whsec_${Buffer.alloc(32, 7).toString('base64')}`];
const CHANNEL = '0b2f6a3c-4c0e-4a53-9d0e-3a1f6f1f2b11';
const KEYS = { region: 'eu-central-1', accessKeyId: 'id', secretAccessKey: 'secret' };

const KINDS: Readonly<Record<string, (url: string) => Destination>> = {
  webhook: (url) => ({ type: 'webhook', url, secrets: SECRETS }),
  elastic: (url) => ({ type: 'elastic', url, index: 'audit' }),
  splunk: (url) => ({ type: 'splunk', url, token: 'token', channel: CHANNEL }),
  otlp: (url) => ({ type: 'otlp', url }),
  datadog: (url) => ({ type: 'datadog', url, apiKey: 'key' }),
  s3: (endpoint) => ({ type: 's3', endpoint, bucket: 'audit', ...KEYS }),
};

interface Hostility {
  readonly url: () => string;
  readonly options: () => object;
  readonly reason: string;
}

const certificate = makeCertificate('siem.example.com');
const hidden = new HttpReceiver(() => ({ status: 200 }));
const redirecting = new HttpReceiver(() => ({ status: 307, headers: { location: `${hidden.url}/meta-data` } }));
const endless = new HttpReceiver(() => ({ status: 200, body: ' '.repeat(5_000_000) }));
const misnamed = new HttpReceiver(() => ({ status: 200 }), certificate);

const HOSTILITIES: Readonly<Record<string, Hostility>> = {
  redirect: {
    url: () => redirecting.url,
    options: () => ({ allowPrivateAddresses: true }),
    reason: 'it answered 307, a redirect, which is not followed',
  },
  private: {
    url: () => hidden.url.replace('http://127.0.0.1', 'https://localhost'), // as DNS may answer the second time
    options: () => ({}),
    reason: 'Cannot send to localhost: its address ',
  },
  endless: {
    url: () => endless.url,
    options: () => ({ allowPrivateAddresses: true }),
    reason: 'its answer is longer than ',
  },
  misnamed: {
    url: () => misnamed.url,
    options: () => ({ allowPrivateAddresses: true, ca: certificate.certificate }),
    reason: "does not match certificate's altnames",
  },
};

/** All kinds but S3 send by one function, so that one of them meets every hostility. */
const STREAMS = Object.keys(KINDS).flatMap((kind) =>
  Object.keys(HOSTILITIES)
    .filter((way) => way === 'redirect' || kind === 'webhook' || kind === 's3')
    .map((way) => [kind, way] as const),
);

const database = await testDatabase();
for (const server of [hidden, redirecting, endless, misnamed]) {
  await server.start();
  await kept(server);
}
const app = await kept(
  startStreamApp(database, freshKeyFile(), STREAMS.map(streamOf), {
    authorize: (_request, permission) => ({ scope: 'all', permission }),
  }),
);
await addSealed(database, 3);

function streamOf([kind, way]: readonly [string, string]): StreamOptions {
  const [make, hostility] = [KINDS[kind], HOSTILITIES[way]];
  if (!make || !hostility) throw new Error('a row names one of each');
  const destination = { ...make(hostility.url()), ...hostility.options() };
  return { name: `${kind}-${way}`, destination, personal: 'omit' };
}

async function lastErrors(): Promise<ReadonlyMap<string, string>> {
  const shown = (await (await fetch(`${app.url}/audit/consumers`)).json()) as {
    readonly items: readonly { readonly name: string; readonly lastError: string | null }[];
  };
  return new Map(shown.items.flatMap(({ name, lastError }) => (lastError === null ? [] : [[name, lastError]])));
}

describe('a stream to a hostile server', () => {
  it.each(STREAMS)('says at /audit/consumers why nothing is sent: %s, %s', async (kind, way) => {
    const name = `${kind}-${way}`;
    const reason = HOSTILITIES[way]?.reason ?? 'none';
    // A server that answers before it has read everything may break the connection off unseen. Then the next try reports the reason.
    await eventually(async () => (await lastErrors()).get(name)?.includes(reason));
    const [row] = await database.sql('SELECT state, position::int FROM audit_consumer WHERE name = $1', [name]);
    expect(row).toEqual({ state: 'active', position: 0 });
  });

  it('reaches no server behind it', () => {
    expect(hidden.requests).toEqual([]);
    expect(misnamed.requests).toEqual([]);
  });
});

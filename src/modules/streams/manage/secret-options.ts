import { shownUrl } from '../destinations/shown-url.js';
import type { DestinationOptions } from '../destinations/destination-types.js';

/** Whether the value of an option may be shown. Every option of every destination is listed. */
type Exposures = {
  readonly [Type in DestinationOptions['type']]: Readonly<
    Record<keyof Extract<DestinationOptions, { readonly type: Type }>, 'shown' | 'secret'>
  >;
};

const HTTP = { type: 'shown', url: 'shown', timeoutMs: 'shown', allowPrivateAddresses: 'shown', ca: 'shown' } as const;

const EXPOSURES: Exposures = {
  datadog: { ...HTTP, apiKey: 'secret', service: 'shown', tags: 'shown', format: 'shown' },
  elastic: { ...HTTP, index: 'shown', apiKey: 'secret', username: 'shown', password: 'secret' },
  email: {
    ...{ type: 'shown', host: 'shown', port: 'shown', tls: 'shown', username: 'shown', password: 'secret' },
    ...{
      from: 'shown',
      to: 'shown',
      service: 'shown',
      timeoutMs: 'shown',
      allowPrivateAddresses: 'shown',
      ca: 'shown',
    },
  },
  file: { type: 'shown', path: 'shown', maxBytes: 'shown', format: 'shown' },
  kafka: {
    ...{ type: 'shown', brokers: 'shown', topic: 'shown', tls: 'shown', certificate: 'shown', key: 'secret' },
    ...{ sasl: 'secret', format: 'shown', maxMessageBytes: 'shown', timeoutMs: 'shown' },
    ...{ allowPrivateAddresses: 'shown', ca: 'shown' },
  },
  nats: {
    ...{ type: 'shown', servers: 'shown', subject: 'shown', username: 'shown', password: 'secret', token: 'secret' },
    ...{ tls: 'shown', ca: 'shown', format: 'shown', timeoutMs: 'shown', allowPrivateAddresses: 'shown' },
  },
  otlp: { ...HTTP, headers: 'secret', format: 'shown' },
  s3: {
    ...{ type: 'shown', bucket: 'shown', region: 'shown', prefix: 'shown', endpoint: 'shown', accessKeyId: 'shown' },
    ...{ secretAccessKey: 'secret', format: 'shown', lock: 'shown', timeoutMs: 'shown' },
    ...{ allowPrivateAddresses: 'shown', ca: 'shown' },
  },
  splunk: {
    ...{ ...HTTP, token: 'secret', channel: 'shown', index: 'shown', sourceType: 'shown', format: 'shown' },
    indexedWithinMs: 'shown',
  },
  syslog: {
    ...{ type: 'shown', host: 'shown', port: 'shown', transport: 'shown', format: 'shown', maxMessageBytes: 'shown' },
    ...{ overlap: 'shown', enterpriseNumber: 'shown', ca: 'shown', certificate: 'shown', key: 'secret' },
    ...{ timeoutMs: 'shown', allowPrivateAddresses: 'shown' },
  },
  webhook: { ...HTTP, secrets: 'secret', headers: 'secret', format: 'shown' },
};

/** The secret options, which are stored separately. */
export interface StreamSecrets {
  readonly pseudonymKey?: string;
  readonly destination: Readonly<Record<string, unknown>>;
}

type Options = Readonly<Record<string, unknown>>;

/** Splits the valid options of a stream into its secrets and the others. */
export function splitSecrets(options: Options): { readonly shown: Options; readonly secrets: StreamSecrets } {
  const { pseudonymKey, destination, ...others } = options;
  const given = Object.entries(Object(destination) as Options); // valid options have a destination
  const { type } = Object(destination) as DestinationOptions; // as above
  const exposures: Readonly<Record<string, string>> = EXPOSURES[type];
  const isShown = ([name, value]: readonly [string, unknown]): boolean =>
    exposures[name] === 'shown' && shownUrl(value) === value;
  const shown = given.flatMap(([name, value]) => (exposures[name] === 'shown' ? [[name, shownUrl(value)]] : []));
  const secret = given.filter((each) => !isShown(each));
  return {
    shown: { ...others, destination: Object.fromEntries(shown) as Options },
    secrets: {
      ...(typeof pseudonymKey === 'string' ? { pseudonymKey } : {}),
      destination: Object.fromEntries(secret),
    },
  };
}

/** Joins options that {@link splitSecrets} split. */
export function joinSecrets(shown: Options, { pseudonymKey, destination }: StreamSecrets): Options {
  return {
    ...shown,
    ...(pseudonymKey === undefined ? {} : { pseudonymKey }),
    destination: { ...(Object(shown.destination) as Options), ...destination },
  };
}

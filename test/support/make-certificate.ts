import { generateKeyPairSync, randomBytes, sign, type KeyObject } from 'node:crypto';

export interface TestCertificate {
  readonly certificate: string;
  readonly key: string;
  readonly issuer: Issuer;
}

interface Issuer {
  readonly name: string;
  readonly key: KeyObject;
}

const DAY_MS = 86_400_000;
const COMMON_NAME = '550403';
const BASIC_CONSTRAINTS = '551d13';
const ALTERNATIVE_NAME = '551d11';
const ECDSA_WITH_SHA256 = '2a8648ce3d040302';

export function makeCertificate(...names: readonly string[]): TestCertificate {
  return issue(names, undefined);
}

export function makeCertificateBy({ issuer }: TestCertificate, name: string): TestCertificate {
  return issue([name], issuer);
}

function issue(names: readonly string[], by: Issuer | undefined): TestCertificate {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const own: Issuer = { name: names[0] ?? 'test', key: privateKey };
  const issuer = by ?? own;
  const algorithm = tagged(0x30, objectId(ECDSA_WITH_SHA256));
  const body = tagged(
    0x30,
    tagged(0xa0, tagged(0x02, Buffer.of(2))),
    tagged(0x02, Buffer.concat([Buffer.of(1), randomBytes(8)])),
    algorithm,
    encodeSubject(issuer.name),
    tagged(0x30, encodeTime(Date.now() - DAY_MS), encodeTime(Date.now() + DAY_MS)),
    encodeSubject(own.name),
    publicKey.export({ type: 'spki', format: 'der' }),
    tagged(0xa3, tagged(0x30, extension(ALTERNATIVE_NAME, ...names.map(encodeName)), ...(by ? [] : [signsOthers()]))),
  );
  const signature = sign('sha256', body, issuer.key);
  const lines = tagged(0x30, body, algorithm, tagged(0x03, Buffer.of(0), signature))
    .toString('base64')
    .match(/.{1,64}/g);
  return {
    certificate: ['-----BEGIN CERTIFICATE-----', ...(lines ?? []), '-----END CERTIFICATE-----', ''].join('\n'),
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    issuer: own,
  };
}

function encodeName(name: string): Buffer {
  return /^[\d.]+$/.test(name)
    ? tagged(0x87, Buffer.from(name.split('.').map(Number)))
    : tagged(0x82, Buffer.from(name));
}

function encodeSubject(name: string): Buffer {
  return tagged(0x30, tagged(0x31, tagged(0x30, objectId(COMMON_NAME), tagged(0x0c, Buffer.from(name)))));
}

function signsOthers(): Buffer {
  return extension(BASIC_CONSTRAINTS, tagged(0x01, Buffer.of(0xff)));
}

function extension(id: string, ...values: readonly Buffer[]): Buffer {
  return tagged(0x30, objectId(id), tagged(0x04, tagged(0x30, ...values)));
}

function encodeTime(ms: number): Buffer {
  const text = new Date(ms).toISOString().replace(/[-:T]|\.\d+/g, '');
  return tagged(0x17, Buffer.from(text.slice(2)));
}

function objectId(hex: string): Buffer {
  return tagged(0x06, Buffer.from(hex, 'hex'));
}

/** DER: the tag, the length, and the values. */
function tagged(tag: number, ...values: readonly Buffer[]): Buffer {
  const value = Buffer.concat(values);
  const { length } = value;
  const size = length < 0x80 ? [length] : length < 0x1_00 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.of(tag, ...size), value]);
}

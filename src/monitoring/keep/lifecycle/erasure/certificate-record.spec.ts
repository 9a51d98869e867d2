import { describe, expect, it } from '@jest/globals';
import { generateKeyPair } from '../../../proof/log/notes/note-key.js';
import { parseSigningKey, parseVerifierKey } from '../../../proof/log/notes/note-signer.js';
import { signNote } from '../../../proof/log/notes/signed-note.js';
import { digestSubject } from '../../acts/erasure-act.js';
import { formatCertificateRecord, parseCertificateRecords, type CertificateRecord } from './certificate-record.js';

const ORIGIN = 'example.com/log';
const createKey = (seed: number) => generateKeyPair(ORIGIN, { seed: Buffer.alloc(32, seed) });
const signers = [parseSigningKey(createKey(1).signingKey)];
const trust = { origin: ORIGIN, keys: [parseVerifierKey(createKey(1).verifierKey)] };
const certificate: CertificateRecord = {
  erasureId: 'e1',
  finishedAt: '2026-11-21T06:00:00.000Z',
  subject: digestSubject('e1', 'ada'),
  recordIds: ['r1'],
  eventIds: ['a', 'b'],
};
const buildFile = (...certificates: readonly CertificateRecord[]): string =>
  certificates
    .flatMap((each) => formatCertificateRecord(ORIGIN, each))
    .map((text) => `${signNote(text, signers)}\n`)
    .join('');

describe('the file of certificates', () => {
  it('contains each erasure, also one of many events, or a repeated one', () => {
    const many = { ...certificate, eventIds: Array.from({ length: 25_000 }, (_, nth) => `event-${nth}`) };
    const repeated = { ...many, recordIds: ['r2'], eventIds: ['event-0'] };
    const other = { ...certificate, erasureId: 'e2' };
    expect(parseCertificateRecords(buildFile(many, other, repeated), trust)).toEqual([
      { ...many, recordIds: ['r1', 'r2'] },
      other,
    ]);
    expect(parseCertificateRecords('', trust)).toEqual([]);
  });

  it('is read without a note that a crash cut off', () => {
    const whole = buildFile(certificate);
    const next = buildFile({ ...certificate, erasureId: 'e2' });
    expect(parseCertificateRecords(whole + next.slice(0, 120), trust)).toEqual([certificate]);
  });

  it('is refused if another key, or another ledger, signed it', () => {
    const foreign = { ...trust, keys: [parseVerifierKey(createKey(2).verifierKey)] };
    expect(() => parseCertificateRecords(buildFile(certificate), foreign)).toThrow(
      expect.objectContaining({ code: 'AUDIT_NOTE_UNVERIFIED' }),
    );
    const other = { ...trust, origin: 'example.com/other' };
    expect(() => parseCertificateRecords(buildFile(certificate), other)).toThrow(
      expect.objectContaining({ code: 'AUDIT_NOTE_FOREIGN' }),
    );
    const changed = buildFile(certificate).replace('"a"', '"c"');
    expect(() => parseCertificateRecords(changed, trust)).toThrow(
      expect.objectContaining({ code: 'AUDIT_PROOF_WRONG' }),
    );
  });
});

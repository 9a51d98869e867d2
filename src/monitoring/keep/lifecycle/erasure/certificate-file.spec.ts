import { describe, expect, it } from '@jest/globals';
import { generateKeyPair } from '../../../proof/log/notes/note-key.js';
import { parseSigningKey, parseVerifierKey } from '../../../proof/log/notes/note-signer.js';
import { signNote } from '../../../proof/log/notes/signed-note.js';
import { subjectDigest } from '../../acts/erasure-act.js';
import { formatKept, readKept, type KeptCertificate } from './certificate-file.js';

const ORIGIN = 'example.com/log';
const keyOf = (seed: number) => generateKeyPair(ORIGIN, { seed: Buffer.alloc(32, seed) });
const signers = [parseSigningKey(keyOf(1).signingKey)];
const trust = { origin: ORIGIN, keys: [parseVerifierKey(keyOf(1).verifierKey)] };
const certificate: KeptCertificate = {
  erasureId: 'e1',
  finishedAt: '2026-11-21T06:00:00.000Z',
  subject: subjectDigest('e1', 'ada'),
  recordIds: ['r1'],
  eventIds: ['a', 'b'],
};
const fileOf = (...certificates: readonly KeptCertificate[]): string =>
  certificates
    .flatMap((each) => formatKept(ORIGIN, each))
    .map((text) => `${signNote(text, signers)}\n`)
    .join('');

describe('the file of certificates', () => {
  it('contains each erasure, also one of many events, or a repeated one', () => {
    const many = { ...certificate, eventIds: Array.from({ length: 25_000 }, (_, nth) => `event-${nth}`) };
    const repeated = { ...many, recordIds: ['r2'], eventIds: ['event-0'] };
    const other = { ...certificate, erasureId: 'e2' };
    expect(readKept(fileOf(many, other, repeated), trust)).toEqual([{ ...many, recordIds: ['r1', 'r2'] }, other]);
    expect(readKept('', trust)).toEqual([]);
  });

  it('is read without a note that a crash cut off', () => {
    const whole = fileOf(certificate);
    const next = fileOf({ ...certificate, erasureId: 'e2' });
    expect(readKept(whole + next.slice(0, 120), trust)).toEqual([certificate]);
  });

  it('is refused if another key, or another ledger, signed it', () => {
    const foreign = { ...trust, keys: [parseVerifierKey(keyOf(2).verifierKey)] };
    expect(() => readKept(fileOf(certificate), foreign)).toThrow(
      expect.objectContaining({ code: 'AUDIT_NOTE_UNVERIFIED' }),
    );
    const other = { ...trust, origin: 'example.com/other' };
    expect(() => readKept(fileOf(certificate), other)).toThrow(expect.objectContaining({ code: 'AUDIT_NOTE_FOREIGN' }));
    const changed = fileOf(certificate).replace('"a"', '"c"');
    expect(() => readKept(changed, trust)).toThrow(expect.objectContaining({ code: 'AUDIT_PROOF_WRONG' }));
  });
});

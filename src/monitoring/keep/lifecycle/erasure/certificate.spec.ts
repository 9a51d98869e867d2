import { expect, it } from '@jest/globals';
import { generateKeyPair } from '../../../proof/log/notes/note-key.js';
import { parseSigningKey } from '../../../proof/log/notes/note-signer.js';
import { signNote } from '../../../proof/log/notes/signed-note.js';
import { formatCertificate, verifyCertificate, type ErasureCertificate } from './certificate.js';
import { addByMonth } from './erase-page.js';
import { NO_COUNTS, NO_REMNANTS, totalEvents } from './erasure-progress.js';
import { addFacts } from './remnants.js';

const ORIGIN = 'example.com/log';
const { signingKey, verifierKey } = generateKeyPair(ORIGIN);
const signers = [parseSigningKey(signingKey)];
const trust = { origin: ORIGIN, keys: [verifierKey] };

const november = '0195b7a4-6d1e-7c3a-9f00-000000000001';
const counts = {
  ...NO_COUNTS,
  events: addByMonth({}, [
    { id: november, relation: 'actor' },
    { id: november, relation: 'actor' },
    { id: '01a1f949-22f4-7994-b9aa-127c373592b1', relation: 'identifier' },
  ]),
  held: 2,
  namedInFacts: 1,
};

const certificate: ErasureCertificate = {
  erasureId: '01a1f949-22f4-7994-b9aa-127c373592b1',
  request: 1,
  subjectId: 'u-1',
  requestedBy: { type: 'admin', id: 'dpo' },
  reason: 'asked',
  requestedAt: '2026-11-20T08:00:00.000Z',
  startedAt: '2026-11-20T08:00:01.000Z',
  finishedAt: '2026-11-20T08:00:02.000Z',
  until: '01a1f949-22f4-7000-8000-000000000000',
  identifiers: 1,
  erasedEvents: totalEvents(counts),
  counts,
  remnants: addFacts(NO_REMNANTS, [
    ['/id', 3],
    ['/actor/id', 2],
  ]),
  event: { id: '01a1f949-22f4-7994-b9aa-127c373592b2', index: 6 },
  checkpointBefore: null,
  checkpointAfter: { size: 7, root: 'cm9vdA==' },
};
const note = signNote(formatCertificate(ORIGIN, certificate), signers);

it.each([
  ['that was changed', note.replace('"index":6', '"index":5'), 'AUDIT_PROOF_WRONG'],
  ['of another ledger', signNote(formatCertificate('other', certificate), signers), 'AUDIT_NOTE_FOREIGN'],
  ['that is a checkpoint', signNote(`${ORIGIN}\n7\ncm9vdA==\n`, signers), 'AUDIT_NOTE_FOREIGN'],
  ['with more lines', signNote(`${formatCertificate(ORIGIN, certificate)}more\n`, signers), 'AUDIT_NOTE_FOREIGN'],
  [
    'whose counts contradict each other',
    signNote(formatCertificate(ORIGIN, { ...certificate, erasedEvents: 4 }), signers),
    'AUDIT_CERTIFICATE_INVALID',
  ],
  ['that is not a note', 'hello', 'AUDIT_PROOF_INVALID'],
])('a certificate %s is refused', (_case, text, code) => {
  expect(() => verifyCertificate(text, trust)).toThrow(expect.objectContaining({ code }));
});

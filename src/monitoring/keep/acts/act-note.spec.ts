import { expect, it } from '@jest/globals';
import { signCheckpoint } from '../../../../test/support/sign-checkpoint.js';
import { generateKeyPair } from '../../proof/log/notes/note-key.js';
import { parseSigningKey, parseVerifierKey } from '../../proof/log/notes/note-signer.js';
import { signNote } from '../../proof/log/notes/signed-note.js';
import { NO_ACT_HASH, formatAct, verifyAct } from './act-note.js';

const ORIGIN = 'log.example/ledger';
const own = generateKeyPair(ORIGIN);
const foreignLockHolder = generateKeyPair(ORIGIN);
const trust = { origin: ORIGIN, keys: [parseVerifierKey(own.verifierKey)] };
const head = { size: 300, rootHash: Buffer.alloc(32, 7) };
const details = { retirementId: 'r-1', events: 3 };
const statement = { ...details, act: 'retirement' as const };
const act = { head, number: 7, previous: NO_ACT_HASH, statement };

const sign = (text: string): string => signNote(text, [parseSigningKey(own.signingKey)]);
const signAsStranger = (text: string): string => signNote(text, [parseSigningKey(foreignLockHolder.signingKey)]);

it.each([
  ['of another key', signAsStranger(formatAct(ORIGIN, act))],
  ['of another log', sign(formatAct('log.example/other', act))],
  ['of another type, as an archive’s manifest', sign(`nestjs-audit-ledger/archive@v1\n${ORIGIN}\n{}\n`)],
  ['that is a checkpoint', signCheckpoint({ origin: ORIGIN, ...head }, [parseSigningKey(own.signingKey)])],
  ['with another line', sign(`${formatAct(ORIGIN, act)}more\n`)],
  ['that was changed', sign(formatAct(ORIGIN, act)).replace('r-1', 'r-2')],
  ['that is not a note', 'nothing'],
])('an act %s is refused', (_what, note) => {
  expect(() => verifyAct(note, trust)).toThrow(expect.objectContaining({ code: 'AUDIT_ACT_INVALID' }));
});

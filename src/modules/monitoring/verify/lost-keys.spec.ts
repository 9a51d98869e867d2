import { describe, expect, it } from '@jest/globals';
import { ACT_HEADER, NO_ACT_HASH, signAct } from '../acts/act-note.js';
import { statementOfKeyLoss } from '../acts/key-loss-act.js';
import { generateKeyPair } from '../log/notes/note-key.js';
import { parseSigningKey, parseVerifierKey } from '../log/notes/note-signer.js';
import { signNote } from '../log/notes/signed-note.js';
import { describeLostKeys } from './lost-keys.js';

const ORIGIN = 'log.example/ledger';
const lost = generateKeyPair(ORIGIN);
const own = generateKeyPair(ORIGIN);
const trust = { origin: ORIGIN, keys: [parseVerifierKey(own.verifierKey)] };

const sign = (text: string): string => signNote(text, [parseSigningKey(own.signingKey)]);
const root = Buffer.alloc(32).toString('base64');
const noteOf = (json: string): string => sign(`${ACT_HEADER}\n${ORIGIN}\n1\n${root}\n1\n${NO_ACT_HASH}\n${json}\n`);

describe('acts of lost keys', () => {
  it('are told where a known key signed them', () => {
    const keys = { lost: [lost.verifierKey], keys: [own.verifierKey] };
    const statement = statementOfKeyLoss({ ...keys, lastSize: 3, lastRoot: root });
    const head = { size: 3, rootHash: Buffer.alloc(32) };
    const note = signAct(ORIGIN, { head, number: 1, previous: NO_ACT_HASH, statement }, sign);
    expect(describeLostKeys([note], trust)).toEqual([expect.stringContaining('was lost after it signed size 3')]);
  });

  it.each(['null', '7', '"key_loss"', '[]', '{}', '{"act":"key_loss"}', '{"act":"key_loss","keys":7,"lost":{}}', '{'])(
    'are none where what is stated is %s',
    (json) => {
      expect(describeLostKeys([noteOf(json)], trust)).toEqual([]);
    },
  );

  it('are none where the note is none', () => {
    expect(describeLostKeys(['', 'nothing', `${ACT_HEADER}\n\n`], trust)).toEqual([]);
  });
});

import { describe, expect, it } from '@jest/globals';
import { ACT_HEADER, NO_ACT_HASH } from '../acts/act-note.js';
import { generateKeyPair } from '../log/notes/note-key.js';
import { parseSigningKey, parseVerifierKey } from '../log/notes/note-signer.js';
import { signNote } from '../log/notes/signed-note.js';
import { describeLostKeys } from './lost-keys.js';

const ORIGIN = 'log.example/ledger';
const own = generateKeyPair(ORIGIN);
const trust = { origin: ORIGIN, keys: [parseVerifierKey(own.verifierKey)] };

const sign = (text: string): string => signNote(text, [parseSigningKey(own.signingKey)]);
const root = Buffer.alloc(32).toString('base64');
const noteOf = (json: string): string => sign(`${ACT_HEADER}\n${ORIGIN}\n1\n${root}\n1\n${NO_ACT_HASH}\n${json}\n`);

describe('acts of lost keys', () => {
  it.each(['null', '7', '"key_loss"', '[]', '{}', '{"act":"key_loss"}', '{"act":"key_loss","keys":7,"lost":{}}', '{'])(
    'are none where what is stated is %s',
    (json) => {
      expect(describeLostKeys([noteOf(json)], trust)).toEqual([]);
    },
  );
});

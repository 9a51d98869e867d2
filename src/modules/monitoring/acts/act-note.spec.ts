import { describe, expect, it } from '@jest/globals';
import { signCheckpoint } from '../log/notes/checkpoint.js';
import { generateKeyPair } from '../log/notes/note-key.js';
import { parseSigningKey, parseVerifierKey } from '../log/notes/note-signer.js';
import { signNote } from '../log/notes/signed-note.js';
import { NO_ACT_HASH, signAct, verifyAct } from './act-note.js';
import { InvalidActError } from './act.error.js';
import { judgeAct } from './judge-act.js';

const ORIGIN = 'log.example/ledger';
const own = generateKeyPair(ORIGIN);
const stranger = generateKeyPair(ORIGIN);
const trust = { origin: ORIGIN, keys: [parseVerifierKey(own.verifierKey)] };
const head = { size: 300, rootHash: Buffer.alloc(32, 7) };
const details = { retirementId: 'r-1', events: 3 };
const statement = { ...details, act: 'retirement' };
const act = { head, number: 7, previous: NO_ACT_HASH, statement };

const sign = (text: string): string => signNote(text, [parseSigningKey(own.signingKey)]);
const signAsStranger = (text: string): string => signNote(text, [parseSigningKey(stranger.signingKey)]);

describe('a signed act', () => {
  it('says what was done, and to which tree', () => {
    const said = verifyAct(signAct(ORIGIN, act, sign), trust);
    expect(said).toMatchObject({ statement, number: 7, previous: NO_ACT_HASH });
    expect(said.head.size).toBe(300);
    expect(Buffer.from(said.head.rootHash)).toEqual(head.rootHash);
  });

  it.each([
    ['of another key', signAct(ORIGIN, act, signAsStranger)],
    ['of another log', signAct('log.example/other', act, sign)],
    ['of another type, as an archive’s manifest', sign(`nestjs-audit-ledger/archive@v1\n${ORIGIN}\n{}\n`)],
    ['that is a checkpoint', signCheckpoint({ origin: ORIGIN, ...head }, [parseSigningKey(own.signingKey)])],
    ['with another line', sign(signAct(ORIGIN, act, (text) => `${text}more\n`))],
    ['that was changed', signAct(ORIGIN, act, sign).replace('r-1', 'r-2')],
    ['that is not a note', 'nothing'],
  ])('is not accepted when it is one %s', (_what, note) => {
    expect(() => verifyAct(note, trust)).toThrow(InvalidActError);
  });
});

describe('the details of an event with an act', () => {
  const note = signAct(ORIGIN, act, sign);

  it('are what the act states', () => {
    expect(judgeAct('retirement', { ...details, act: note }, trust)).toMatchObject({ act: { statement } });
  });

  it.each([
    ['no act', details, 'carries no signed act'],
    ['another value', { ...details, act: note, events: 4 }, 'says otherwise'],
    ['a value more', { ...details, act: note, reason: 'why' }, 'says otherwise'],
    ['a value less', { act: note, events: 3 }, 'says otherwise'],
    ['a forged act', { ...details, act: note.replace('r-1', 'r-2') }, 'is not accepted'],
  ])('are wrong with %s', (_what, given, seen) => {
    expect(judgeAct('retirement', given, trust)).toEqual({ wrong: expect.stringContaining(seen) });
  });

  it('are wrong for an act of another name', () => {
    expect(judgeAct('erasure', { ...details, act: note }, trust)).toEqual({
      wrong: expect.stringContaining('otherwise'),
    });
  });
});

import { describe, expect, it } from '@jest/globals';
import {
  generateKeyPair,
  parseSigningKey,
  parseVerifierKey,
  signCheckpoint,
  signNote,
} from '../integrity/notes/index.js';
import { InvalidActError, judgeAct, signAct, verifyAct } from './index.js';

const ORIGIN = 'log.example/ledger';
const own = generateKeyPair(ORIGIN);
const stranger = generateKeyPair(ORIGIN);
const trust = { origin: ORIGIN, keys: [parseVerifierKey(own.verifierKey)] };
const head = { size: 300, rootHash: Buffer.alloc(32, 7) };
const details = { retirementId: 'r-1', events: 3 };
const statement = { ...details, act: 'retirement' };

const sign = (text: string): string => signNote(text, [parseSigningKey(own.signingKey)]);
const signAsStranger = (text: string): string => signNote(text, [parseSigningKey(stranger.signingKey)]);

describe('a signed act', () => {
  it('says what was done, and to which tree', () => {
    const act = verifyAct(signAct(ORIGIN, { head, statement }, sign), trust);
    expect(act.statement).toEqual(statement);
    expect(act.head.size).toBe(300);
    expect(Buffer.from(act.head.rootHash)).toEqual(head.rootHash);
  });

  it.each([
    ['of another key', signAct(ORIGIN, { head, statement }, signAsStranger)],
    ['of another log', signAct('log.example/other', { head, statement }, sign)],
    ['of another type, as an archive’s manifest', sign(`nestjs-audit-ledger/archive@v1\n${ORIGIN}\n{}\n`)],
    ['that is a checkpoint', signCheckpoint({ origin: ORIGIN, ...head }, [parseSigningKey(own.signingKey)])],
    ['with another line', sign(signAct(ORIGIN, { head, statement }, (text) => `${text}more\n`))],
    ['that was changed', signAct(ORIGIN, { head, statement }, sign).replace('r-1', 'r-2')],
    ['that is no note', 'nothing'],
  ])('is not accepted when it is one %s', (_what, note) => {
    expect(() => verifyAct(note, trust)).toThrow(InvalidActError);
  });
});

describe('the details of an event with an act', () => {
  const act = signAct(ORIGIN, { head, statement }, sign);

  it('are what the act states', () => {
    expect(judgeAct('retirement', { ...details, act }, trust)).toMatchObject({ act: { statement } });
  });

  it.each([
    ['no act', details, 'carries no signed act'],
    ['another value', { ...details, act, events: 4 }, 'says otherwise'],
    ['a value more', { ...details, act, reason: 'why' }, 'says otherwise'],
    ['a value less', { act, events: 3 }, 'says otherwise'],
    ['a forged act', { ...details, act: act.replace('r-1', 'r-2') }, 'is not accepted'],
  ])('are wrong with %s', (_what, given, seen) => {
    expect(judgeAct('retirement', given, trust)).toEqual({ wrong: expect.stringContaining(seen) });
  });

  it('are wrong for an act of another name', () => {
    expect(judgeAct('erasure', { ...details, act }, trust)).toEqual({ wrong: expect.stringContaining('otherwise') });
  });
});

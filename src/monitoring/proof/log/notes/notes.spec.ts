import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { ANY_CHARACTER } from '../../../../../test/support/any-character.js';
import { generateKeyPair } from './note-key.js';
import { parseSigningKey, parseVerifierKey } from './note-signer.js';
import {
  addSignatures,
  formatSignatureLine,
  parseNote,
  parseSignatureLines,
  signNote,
  verifyNote,
} from './signed-note.js';
import { runs } from '../../../../../test/support/whole.js';

const EXAMPLE_KEY = 'example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k';
const EXAMPLE_NOTE = `This is an example message.

— example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=
`;

const createKeys = (name: string, byte = 1, type: 'note' | 'cosignature' = 'note') => {
  const pair = generateKeyPair(name, { seed: Buffer.alloc(32, byte), type });
  return {
    ...pair,
    signer: parseSigningKey(pair.signingKey, () => 1_700_000_000_999),
    verifier: parseVerifierKey(pair.verifierKey),
  };
};
const log = createKeys('log.example/ledger', 1);
const other = createKeys('other.example', 2);
const witness = createKeys('witness.example', 3, 'cosignature');

describe('a signed note', () => {
  it('of the specification is verified by its key', () => {
    expect(verifyNote(EXAMPLE_NOTE, [parseVerifierKey(EXAMPLE_KEY)])).toMatchObject({
      text: 'This is an example message.\n',
      verified: [{ name: 'example.com/foo', keyId: 0x530d903a }],
    });
  });

  it('is verified unchanged, with one or several signatures, as text or as bytes', () => {
    const line = fc.string({ unit: 'grapheme' });
    fc.assert(
      fc.property(fc.array(line, { minLength: 1 }), (lines) => {
        // eslint-disable-next-line no-control-regex -- a note cannot contain control characters
        const text = lines.map((each) => each.replace(/[\0-\x1f]/g, '') + '\n').join('');
        const note = signNote(text, [log.signer, other.signer, witness.signer]);
        const all = [witness.verifier, log.verifier, other.verifier];
        expect(verifyNote(note, all).text).toBe(text);
        expect(verifyNote(Buffer.from(note), all).verified).toHaveLength(3);
      }),
    );
  });

  it('is refused without a known key, also if a key shares the name or the id of a known one', () => {
    const sameName = createKeys('log.example/ledger', 9);
    const [signature] = parseNote(signNote('text\n', [other.signer])).signatures;
    const sameId = signature && { ...signature, name: 'stranger.example', keyId: log.verifier.keyId };
    const byId = `text\n\n${sameId ? formatSignatureLine(sameId) : ''}`;
    for (const note of [signNote('text\n', [other.signer]), signNote('text\n', [sameName.signer]), byId]) {
      expect(() => verifyNote(note, [log.verifier])).toThrow(
        expect.objectContaining({ code: 'AUDIT_NOTE_UNVERIFIED' }),
      );
    }
    expect(() => verifyNote(signNote('text\n', [log.signer]), [])).toThrow(
      expect.objectContaining({ code: 'AUDIT_NOTE_UNVERIFIED' }),
    );
  });

  it('is refused if one signature of a known key is wrong, even if another one is right', () => {
    const note = signNote('text\n', [log.signer, other.signer]);
    const forged = note.replace('text', 'Text');
    expect(() => verifyNote(forged, [log.verifier])).toThrow(expect.objectContaining({ code: 'AUDIT_PROOF_WRONG' }));
    const right = parseNote(signNote('Text\n', [other.signer])).signatures;
    const [wrong] = parseNote(note).signatures;
    const mixed = `Text\n\n${[...right, ...(wrong ? [wrong] : [])].map(formatSignatureLine).join('')}`;
    expect(verifyNote(mixed, [other.verifier]).text).toBe('Text\n');
    expect(() => verifyNote(mixed, [other.verifier, log.verifier])).toThrow(
      expect.objectContaining({ code: 'AUDIT_PROOF_WRONG' }),
    );
  });

  it('with any one character changed is refused', () => {
    const note = signNote('origin\n12\nroot\n', [log.signer]);
    fc.assert(
      fc.property(fc.nat(note.length - 1), ANY_CHARACTER, (at, put) => {
        fc.pre(note[at] !== put);
        const changed = note.slice(0, at) + put + note.slice(at + 1);
        expect(() => verifyNote(changed, [log.verifier])).toThrow();
      }),
      { numRuns: runs(1_000) },
    );
  });

  it.each([
    ['nothing', ''],
    ['no empty line', 'text\n'],
    ['no last newline', EXAMPLE_NOTE.slice(0, -1)],
    ['a carriage return', EXAMPLE_NOTE.replaceAll('\n', '\r\n')],
    ['a tab in its text', EXAMPLE_NOTE.replace(' is ', '\tis ')],
    ['a control character in a name', EXAMPLE_NOTE.replace('/foo', '/\u0001')],
    ['an en dash', EXAMPLE_NOTE.replace('—', '–')],
    ['a plus sign in a name', EXAMPLE_NOTE.replace('/foo', '/f+o')],
    ['base64 without padding', EXAMPLE_NOTE.replace('QM=\n', 'QM\n')],
    ['base64 with stray bits', EXAMPLE_NOTE.replace('QM=\n', 'QN=\n')],
    ['a signature of four bytes', 'text\n\n— name Uw2QOg==\n'],
    ['an empty line at its end', `${EXAMPLE_NOTE}\n`],
    ['a lone surrogate', EXAMPLE_NOTE.replace('This', '\ud800')],
    ['too many signatures', EXAMPLE_NOTE + (EXAMPLE_NOTE.split('\n')[2] ?? '').concat('\n').repeat(100)],
    ['too many bytes', 'x'.repeat(1_000_000) + EXAMPLE_NOTE],
  ])('is refused with %s', (_what, note) => {
    expect(() => verifyNote(note, [parseVerifierKey(EXAMPLE_KEY)])).toThrow(
      expect.objectContaining({ code: 'AUDIT_PROOF_INVALID' }),
    );
  });

  it('is refused when its bytes are not UTF-8', () => {
    expect(() => parseNote(Buffer.from(EXAMPLE_NOTE, 'latin1'))).toThrow(
      expect.objectContaining({ code: 'AUDIT_PROOF_INVALID' }),
    );
  });

  it.each(['', 'text', 'a\tb\n', '\ud800\n'])('is not made of %j', (text) => {
    expect(() => signNote(text, [log.signer])).toThrow(expect.objectContaining({ code: 'AUDIT_PROOF_INVALID' }));
  });

  it('accepts further signatures, each once', () => {
    const note = signNote('text\n', [log.signer]);
    const more = parseSignatureLines(
      parseNote(signNote('text\n', [witness.signer]))
        .signatures.map(formatSignatureLine)
        .join(''),
    );
    const cosigned = addSignatures(note, [...more, ...more]);
    expect(addSignatures(cosigned, more)).toBe(cosigned);
    expect(verifyNote(cosigned, [log.verifier, witness.verifier]).verified).toHaveLength(2);
  });
});

describe('a key', () => {
  it('is new each time, and its two texts form a pair', () => {
    const [one, two] = [generateKeyPair('log.example'), generateKeyPair('log.example')];
    expect(one.signingKey).not.toBe(two.signingKey);
    expect(one.signingKey).toMatch(/^PRIVATE\+KEY\+log\.example\+[0-9a-f]{8}\+[A-Za-z0-9+/]{44}$/);
    const note = signNote('text\n', [parseSigningKey(`${one.signingKey}\n`)]);
    expect(verifyNote(note, [parseVerifierKey(one.verifierKey)]).text).toBe('text\n');
    expect(() => verifyNote(note, [parseVerifierKey(two.verifierKey)])).toThrow(
      expect.objectContaining({ code: 'AUDIT_NOTE_UNVERIFIED' }),
    );
  });

  it.each([
    ['', 'nothing'],
    [EXAMPLE_KEY.replace('530d903a', '530d903b'), 'another id'],
    [EXAMPLE_KEY.replace('530d903a', '530D903A'), 'an id in capitals'],
    [EXAMPLE_KEY.replace('example.com', 'example.org'), 'another name'],
    [EXAMPLE_KEY.replace('/foo', ' foo'), 'a space'],
    [EXAMPLE_KEY.replace('+AeK', '+AuK').replace('+Aek', '+Auk'), 'another type'],
    [`${EXAMPLE_KEY}AAAA`, 'too many bytes'],
    [`${EXAMPLE_KEY}\n`, 'a newline'],
  ])('%j is refused: %s', (text) => {
    expect(() => parseVerifierKey(text)).toThrow(expect.objectContaining({ code: 'AUDIT_NOTE_KEY_INVALID' }));
  });

  it('for signing must not be a verifier key, and the error does not contain the key', () => {
    expect(() => parseSigningKey(EXAMPLE_KEY)).toThrow(expect.objectContaining({ code: 'AUDIT_NOTE_KEY_INVALID' }));
    const wrong = log.signingKey.replace(/\+[0-9a-f]{8}\+/, '+00000000+');
    expect(() => parseSigningKey(wrong)).toThrow(expect.objectContaining({ code: 'AUDIT_NOTE_KEY_INVALID' }));
    expect(() => parseSigningKey(wrong)).not.toThrow(wrong.slice(-20));
  });

  it.each(['', 'a b', 'a+b', 'a\nb', 'a\u2003b', '\ud800'])('cannot be called %j', (name) => {
    expect(() => generateKeyPair(name)).toThrow(expect.objectContaining({ code: 'AUDIT_NOTE_KEY_INVALID' }));
  });
});

import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { ANY_EVENT, HUGE_EVENTS } from '../../../test/support/any-event.js';
import { sampleEvent } from '../../../test/support/sample-event.js';
import { splitPersonal } from '../../../test/support/split-event.js';
import { buildCatalogueFactRules, createPersonalNameTest, type AuditEvent } from '../../audit/nest-free.js';
import { sealLine } from '../store/seal-row.js';
import { checkLine, MAX_LINE_BYTES, writeLine } from './event-line.js';
import { findPersonal } from './find-personal.js';
import { commitPersonal, encodeEntry, sealFacts } from '../proof/sealing/seal-event.js';
import { hashLeaf } from '../proof/log/merkle/hashes.js';

const rules = buildCatalogueFactRules({
  isPersonalName: createPersonalNameTest(['~odd/name', '__proto__', 'from', '0']),
  factFields: ['n', 'path', '9'],
});
const SEED = Buffer.alloc(16, 7);

const formatLine = (event: AuditEvent): string => writeLine(event, findPersonal(event, rules));

describe('a line', () => {
  it('is read as the event that was written, and gives the leaf that its facts and its personal part give', () => {
    fc.assert(
      fc.property(fc.oneof({ weight: 20, arbitrary: ANY_EVENT }, fc.constantFrom(...HUGE_EVENTS)), (event) => {
        const line = formatLine(event);
        const read = checkLine(line);
        const row = sealLine(read, SEED);
        const { facts, personal } = splitPersonal(event, rules);
        const commitment = personal && commitPersonal(personal, Buffer.from(row.salt ?? '', 'hex'));

        expect(line).not.toContain('\n');
        expect(JSON.stringify(read.event)).toBe(JSON.stringify(event));
        expect(row.leafHash).toBe(Buffer.from(hashLeaf(encodeEntry(sealFacts(facts, commitment)))).toString('hex'));
      }),
      { numRuns: 300 },
    );
  });

  it('gives the same row from the same seed, and another salt from another seed or for another event', () => {
    const [one, same, other] = [SEED, SEED, Buffer.alloc(16, 8)].map((seed) =>
      sealLine(checkLine(formatLine(sampleEvent({ id: ID }))), seed),
    );
    const another = sealLine(checkLine(formatLine(sampleEvent({ id: ID.replace(/f$/, 'e') }))), SEED);

    expect(one).toEqual(same);
    expect(new Set([one, other, another].map((row) => row?.salt)).size).toBe(3);
  });

  it('decides itself what is personal, and not the rules of its reader', () => {
    const event = sampleEvent({ id: ID, details: { status: 'paid', note: 'Ada called' } });
    const line = JSON.stringify({ event, personal: ['/details/status'] });

    expect(sealLine(checkLine(line), SEED).json.details).toBe('{"note":"Ada called"}');
  });
});

const ID = '0192f0c4-7a6b-7c3d-8e4f-0123456789af';
const EVENT = { ...sampleEvent({ id: ID, details: { list: [{ email: 'a@b.c' }], text: 'x' } }) };
const PERSONAL = ['/details/list/0/email', '/details/text'];

const edited = (edit: (event: Record<string, unknown>) => void): string => {
  const event = structuredClone(EVENT) as unknown as Record<string, unknown>;
  edit(event);
  return JSON.stringify({ event, personal: [] });
};
const withField = (name: string, value: unknown): string => edited((event) => (event[name] = value));
const withPersonal = (...personal: unknown[]): string => JSON.stringify({ event: EVENT, personal });
const nested = (levels: number): string => '['.repeat(levels) + ']'.repeat(levels);

describe('a line that the core would not write is refused', () => {
  it('but not the line that the others are made from', () => {
    expect(checkLine(JSON.stringify({ event: EVENT, personal: PERSONAL })).event).toEqual(EVENT);
  });

  it.each([
    ['', /not a JSON object/],
    ['{', /not a JSON object/],
    ['[]', /not a JSON object/],
    ['null', /not a JSON object/],
    ['{}', /event is not an object/],
    [`{"event":[],"personal":[]}`, /event is not an object/],
    [JSON.stringify({ event: EVENT, personal: [], seed: '00' }), /unknown field "seed"/],
    [JSON.stringify({ event: EVENT }), /personal is not a list/],
    [JSON.stringify({ event: EVENT, personal: [], once: 'webhook-1' }), /once is not a SHA-256/],
    ['x'.repeat(MAX_LINE_BYTES + 1), /more than 524288 bytes/],
    ['é'.repeat(MAX_LINE_BYTES / 2 + 1), /more than 524288 bytes/],
    [edited((event) => delete event.details), /\/details is missing/],
    [edited((event) => delete event.actor), /actor is not an object/],
    [withField('leafHash', 'x'), /unknown field "leafHash"/],
    [withField('personal', 'x'), /unknown field "personal"/],
    [withField('id', ID.toUpperCase()), /\/id is invalid/],
    [withField('id', ID.replace('-7c', '-4c')), /\/id is invalid/],
    [withField('schemaVersion', 3), /\/schemaVersion is invalid/],
    [withField('type', 'User Login'), /\/type is invalid/],
    [withField('outcome', 'won'), /\/outcome is invalid/],
    [withField('severity', null), /\/severity is invalid/],
    [withField('occurredAt', '2026-02-30T00:00:00.000Z'), /\/occurredAt is invalid/],
    [withField('occurredAt', '2026-02-03T00:00:00Z'), /\/occurredAt is invalid/],
    [withField('occurredAt', '0000-01-01T00:00:00.000Z'), /\/occurredAt is invalid/],
    [withField('actor', { type: 'robot' }), /\/actor\/type is invalid/],
    [withField('actor', { type: 'user', role: 'x' }), /unknown field "actor\.role"/],
    [withField('actor', { type: 'user', id: 7 }), /\/actor\/id is invalid/],
    [withField('actor', { type: 'user', onBehalfOf: { type: 'user' } }), /\/actor\/onBehalfOf is invalid/],
    [withField('resource', {}), /resource is not an object with fields/],
    [withField('resource', { id: '7' }), /\/resource\/type is missing/],
    [withField('resource', { type: 'order', id: 'é'.repeat(513) }), /\/resource\/id is invalid/],
    [withField('request', {}), /request is not an object with fields/],
    [withField('request', { ip: '10.0.0.0/8' }), /\/request\/ip is invalid/],
    [withField('request', { ip: '2001:DB8::1' }), /\/request\/ip is invalid/],
    [withField('request', { statusCode: 200.5 }), /\/request\/statusCode is invalid/],
    [withField('request', { durationMs: '1' }), /\/request\/durationMs is invalid/],
    [withField('truncated', false), /\/truncated is invalid/],
    [withField('details', []), /\/details is invalid/],
    [withField('changes', { during: 1 }), /unknown field "changes\.during"/],
    [withField('error', { code: 'x' }), /\/error is invalid/],
    [withField('detailsIssues', [{ path: '' }]), /\/detailsIssues is invalid/],
    [withField('details', { '\0': 1 }), /U\+0000 or a lone surrogate/],
    [withField('details', { a: ['\ud800'] }), /U\+0000 or a lone surrogate/],
    [withField('details', { a: 1 }).replace('{"a":1}', `{"a":${nested(200)}}`), /deeper than 64 levels/],
    [withField('details', { a: 1 }).replace('{"a":1}', `{"a":${nested(200_000)}}`), /deeper than 64 levels/],
    [withField('details', { a: 1 }).replace('"a":1', '"a":1e999'), /beyond the range of doubles/],
    [withPersonal(7), /personal is not a list of texts/],
    [withPersonal(''), /does not fit the event/],
    [withPersonal('/details'), /does not fit the event/],
    [withPersonal('/actor/type'), /does not fit the event/],
    [withPersonal('/actor/name'), /does not fit the event/],
    [withPersonal('/details/absent'), /does not fit the event/],
    [withPersonal('/details/list/0'), /does not fit the event/],
    [withPersonal('/details/text/0'), /does not fit the event/],
    [withPersonal('/details/toString'), /does not fit the event/],
    [withPersonal('/details/text', '/details/text'), /does not fit the event/],
    [withPersonal('/details/list', '/details/list/0/email'), /does not fit the event/],
    [withPersonal('/details/list/0/email', '/details/list'), /does not fit the event/],
  ])('case %#', (line, why) => {
    expect(() => checkLine(line)).toThrow(expect.objectContaining({ code: 'AUDIT_LINE_INVALID' }));
    expect(() => checkLine(line)).toThrow(why);
  });
});

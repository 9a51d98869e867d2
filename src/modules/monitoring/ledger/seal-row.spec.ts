import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { sampleEvent } from '../../../../test/support/sample-event.js';
import { personalNameTest, type JsonObject } from '../../../audit/index.js';
import { hashLeaf } from '../integrity/merkle/index.js';
import { commitPersonal, encodeEntry, sealEvent, splitPersonal } from '../integrity/sealing/index.js';
import { PERSONAL_COLUMNS, sealEvents } from './seal-row.js';

const isPersonalName = personalNameTest();
const hexOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

describe('a sealed row', () => {
  it('has the commitment and the leaf that the sealing defines, whatever the event holds', () => {
    const text = fc.string({ unit: 'grapheme', maxLength: 300 });
    const details = fc.dictionary(
      fc.oneof(fc.constantFrom('email', 'phone', 'name', 'n'), text),
      fc.oneof(text, fc.double({ noNaN: true, noDefaultInfinity: true })),
    );
    fc.assert(
      fc.property(fc.array(details, { minLength: 1, maxLength: 5 }), (several) => {
        const events = several.map((each) => sampleEvent({ details: each }));
        for (const { event, facts, personal, salt = '', commitment, leafHash } of sealEvents(
          events,
          () => isPersonalName,
        )) {
          const split = splitPersonal(event, isPersonalName);
          if (!split.personal) throw new Error('The sample names its actor.');
          const saltBytes = Buffer.from(salt, 'hex');
          expect(facts).toEqual(split.facts);
          expect(commitment).toBe(Buffer.from(commitPersonal(split.personal, saltBytes), 'base64').toString('hex'));
          expect(leafHash).toBe(hexOf(hashLeaf(encodeEntry(sealEvent(facts, split.personal, saltBytes)))));
          for (const pointer of Object.values(PERSONAL_COLUMNS)) expect(personal ?? {}).not.toHaveProperty([pointer]);
          expect(Object.keys(personal ?? {}).length).toBe(Object.keys(split.personal).length - 3);
        }
      }),
      { numRuns: 200 },
    );
  });

  it('has a salt of its own', () => {
    const event = sampleEvent();
    const rows = sealEvents([event, event, event], () => isPersonalName);
    expect(new Set(rows.map(({ salt }) => salt)).size).toBe(3);
    expect(new Set(rows.map(({ leafHash }) => leafHash)).size).toBe(3);
  });

  it('has neither salt nor commitment where the event says nothing of persons', () => {
    const [row] = sealEvents(
      [sampleEvent({ actor: { type: 'system' }, request: { id: 'r' }, error: { name: 'Error' } })],
      () => () => false,
    );
    expect([row?.personal, row?.salt, row?.commitment]).toEqual([undefined, undefined, undefined]);
  });

  it('of an event with very long texts is sealed as any other', () => {
    const long = '€'.repeat(19_000);
    const [row] = sealEvents([sampleEvent({ details: { email: long } })], () => isPersonalName);
    const { personal = {}, facts } = splitPersonal(row?.event ?? sampleEvent(), isPersonalName);
    const salt = Buffer.from(row?.salt ?? '', 'hex');
    expect(row?.leafHash).toBe(hexOf(hashLeaf(encodeEntry(sealEvent(facts, personal, salt)))));
  });

  it('of an event that no entry can hold is refused', () => {
    const event = sampleEvent({ details: { n: '€'.repeat(22_000) } });
    expect(() => sealEvents([event], () => isPersonalName)).toThrow(/canonical JSON has \d+ bytes/);
    expect(() => sealEvents([sampleEvent({ details: { n: 'x'.repeat(70_000) } })], () => isPersonalName)).toThrow(
      /bytes/,
    );
  });
});

import { describe, expect, it } from '@jest/globals';
import { sampleEvent } from '../../../../../test/support/sample-event.js';
import type { ArchiveLine } from '../../archive/archive-line.js';
import type { ActiveHold } from '../holds/legal-hold.js';
import { createLineDecider, countInArchives, type LineDecision } from './archived-events.js';
import { NO_COUNTS, NO_REMNANTS } from './erasure-progress.js';

const subject = { subjectId: 'u-1', identifiers: ['ada@example.com'] };
const anyone: ActiveHold = {
  tenantId: null,
  actorId: null,
  resourceType: null,
  resourceId: null,
  occurredFrom: null,
  occurredTo: null,
};

function line(fields: Partial<ArchiveLine['sealed']>, personal: ArchiveLine['personal'] = null): ArchiveLine {
  return { index: 0, sealed: { ...sampleEvent({ actor: { type: 'system' } }), ...fields }, personal, salt: null };
}

describe('createLineDecider', () => {
  const decideLine = createLineDecider(subject, []);

  it.each([
    ['by the person', line({ actor: { type: 'user', id: 'u-1' } })],
    ['for the person', line({ actor: { type: 'admin', id: 'a-1', onBehalfOf: { type: 'user', id: 'u-1' } } })],
    ['about the person', line({ resource: { type: 'user', id: 'u-1' } })],
    ['that names the person', line({}, { '/details/email': 'Ada@example.com' })],
  ])('picks an archived event %s', (_case, archived) => {
    expect(decideLine(archived)).toBe('erased');
  });

  it.each([
    ['by another', line({ actor: { type: 'user', id: 'u-2' } })],
    ['about a resource of another type with that id', line({ resource: { type: 'order', id: 'u-1' } })],
    ['that names another', line({}, { '/details/email': 'lada@example.com' })],
  ])('leaves one %s', (_case, archived) => {
    expect(decideLine(archived)).toBe('left');
  });

  it.each<[string, Partial<ActiveHold>, boolean]>([
    ['of its tenant', { tenantId: 'acme' }, true],
    ['of another tenant', { tenantId: 'other' }, false],
    ['of the actor', { actorId: 'u-1' }, true],
    ['of the principal', { actorId: 'u-9' }, true],
    ['from its own time on', { occurredFrom: Date.parse('2026-11-20T08:00:00.123Z') }, true],
    ['from a millisecond later on', { occurredFrom: Date.parse('2026-11-20T08:00:00.124Z') }, false],
    ['of its resource', { resourceType: 'order', resourceId: 'o-1' }, true],
    ['of another resource', { resourceType: 'order', resourceId: 'o-2' }, false],
    ['of a related resource', { resourceType: 'invoice', resourceId: 'i-1' }, true],
    ['of another resource of a related type', { resourceType: 'invoice', resourceId: 'o-1' }, false],
    [
      'of its time',
      { occurredFrom: Date.parse('2026-11-20T08:00:00Z'), occurredTo: Date.parse('2026-11-21T00:00:00Z') },
      true,
    ],
    ['that ends as it begins', { occurredTo: Date.parse('2026-11-20T08:00:00.123Z') }, false],
    ['of its tenant and another actor', { tenantId: 'acme', actorId: 'u-3' }, false],
  ])('decides about an event under a hold %s', (_case, named, isHeld) => {
    const archived = line({
      actor: { type: 'user', id: 'u-1', onBehalfOf: { type: 'user', id: 'u-9' } },
      related: [{ type: 'invoice', id: 'i-1' }],
    });
    expect(createLineDecider(subject, [{ ...anyone, ...named }])(archived)).toBe(isHeld ? 'held' : 'erased');
  });

  it('leaves the event of another person, even under a hold', () => {
    expect(createLineDecider(subject, [anyone])(line({ actor: { type: 'user', id: 'u-2' } }))).toBe('left');
  });
});

interface Archived {
  readonly fate: LineDecision;
  readonly isPersonal: boolean;
}

/** The ledger still has the events at the indexes of `stillThere`. */
async function survey(events: readonly Archived[], stillThere: readonly number[] = []) {
  const lines = events.map(({ isPersonal }, index): ArchiveLine => {
    const sealed = sampleEvent({ actor: { type: 'user', id: 'u-1' } });
    return {
      index,
      sealed,
      personal: isPersonal ? { '/actor/name': 'Ada' } : null,
      salt: isPersonal ? 'c2FsdA==' : null,
    };
  });
  const there = new Set(stillThere.map((index) => lines[index]?.sealed.id));
  async function* read() {
    yield* await Promise.resolve(lines);
  }
  return countInArchives(
    {
      archives: { names: (expected) => Promise.resolve(expected ?? []), lines: read },
      eventRows: (_text, [ids]) =>
        Promise.resolve((ids as string[]).filter((id) => there.has(id)).map((id) => ({ id }))),
    },
    ['2026-08'],
    ({ index }) => events[index]?.fate ?? 'left',
    { counts: NO_COUNTS, remnants: NO_REMNANTS },
  );
}

describe('countInArchives', () => {
  it('counts the events under a legal hold separately', async () => {
    const found = await survey([
      { fate: 'erased', isPersonal: true },
      { fate: 'held', isPersonal: true },
      { fate: 'held', isPersonal: false },
      { fate: 'left', isPersonal: true },
    ]);
    expect(found).toMatchObject({ counts: { held: 1 }, remnants: { events: 1, archives: { '2026-08': 1 } } });
    expect(found.eventIds).toHaveLength(1);
  });

  it('leaves out the events that the ledger still has', async () => {
    const held: Archived = { fate: 'held', isPersonal: true };
    expect(await survey([held, held, held], [1])).toMatchObject({ counts: { held: 2 }, eventIds: [] });
  });
});

import { describe, expect, it } from '@jest/globals';
import { sampleEvent } from '../../../../../test/support/sample-event.js';
import type { ArchiveLine } from '../../archive/archive-line.js';
import type { LineFate } from './archived-events.js';
import { NOTHING_FOUND } from './erasure.js';
import { NOTHING_REMAINS } from './remains.js';
import { surveyArchives } from './survey-archives.js';

/** One that an erasure does this to; its personal part is there or was erased before. */
interface Archived {
  readonly fate: LineFate;
  readonly isPersonal: boolean;
}

/** Surveys one archive of such events, of which the ledger still has those with these indexes. */
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
  return surveyArchives(
    {
      archives: { names: (expected) => Promise.resolve(expected ?? []), lines: read },
      eventRows: (_text, [ids]) =>
        Promise.resolve((ids as string[]).filter((id) => there.has(id)).map((id) => ({ id }))),
    },
    ['2026-08'],
    ({ index }) => events[index]?.fate ?? 'left',
    { counts: NOTHING_FOUND, remains: NOTHING_REMAINS },
  );
}

describe('surveyArchives', () => {
  it('counts what a legal hold keeps, apart from what is erased and what is of others', async () => {
    const found = await survey([
      { fate: 'erased', isPersonal: true },
      { fate: 'held', isPersonal: true },
      { fate: 'held', isPersonal: false },
      { fate: 'left', isPersonal: true },
    ]);
    expect(found).toMatchObject({ counts: { held: 1 }, remains: { events: 1, archives: { '2026-08': 1 } } });
    expect(found.eventIds).toHaveLength(1);
  });

  it('leaves out those that the ledger still has, and has counted', async () => {
    const held: Archived = { fate: 'held', isPersonal: true };
    expect(await survey([held, held, held], [1])).toMatchObject({ counts: { held: 2 }, eventIds: [] });
  });
});

import { describe, expect, it } from '@jest/globals';
import { open, proven, wrong } from '../proof/check-event.js';
import { shownParts } from './shown-parts.js';

const stored = {
  ...{ id: 'e-1', type: 'order_cancelled', index: 4 },
  ...{ actor: { type: 'user', id: 'u-1', name: 'Ada' }, request: { ip: '192.0.2.1' } },
};
const event = { ...stored, compliance: ['gdpr'] };
const sealed = { leafHash: '', commitment: '', personal: ['/actor/name', '/request/ip'] };
const joined = { changes: { before: { state: 'open' }, after: { state: 'paid' } } };
const leaf = proven('leaf', 'computed');

describe('what a file of evidence shows', () => {
  it('names personal values apart that nobody compared with what was sealed', () => {
    const checks = [leaf, open('personal', 'no-salt')];
    expect(shownParts({ event, sealed, proof: '' }, checks)).toEqual({
      event: { id: 'e-1', type: 'order_cancelled', index: 4, actor: { type: 'user', id: 'u-1' } },
      unproven: { '/actor/name': 'Ada', '/request/ip': '192.0.2.1' },
    });
  });

  it('leaves out the changes of other events, and shows those of a bulk change if they are the sealed ones', () => {
    const parts = { sealed: { leafHash: '', personal: [] }, proof: '' };
    const ofRows = { ...event, ...joined, rowChanges: { events: ['r-1'], records: 1, isComplete: true } };
    const { event: shown } = shownParts({ ...parts, event: ofRows }, [leaf, open('changes', 'joined')]);
    expect(shown).not.toHaveProperty('changes');
    const bulk = { ...event, ...joined, details: { imagesApart: true } };
    expect(shownParts({ ...parts, event: bulk }, [leaf, proven('changes', 'digest')]).event).toMatchObject(joined);
    const altered = shownParts({ ...parts, event: bulk }, [leaf, wrong('changes', 'altered')]);
    expect(altered.event).not.toHaveProperty('changes');
  });
});

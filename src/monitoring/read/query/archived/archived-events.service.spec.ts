import { describe, expect, it, jest } from '@jest/globals';
import type { Archives } from '../../../keep/archive/archives.js';
import type { LedgerReader } from '../../../store/ledger-reader.service.js';
import { ArchivedEvents } from './archived-events.service.js';
import { verifyErrors } from '../../../errors/verify.errors.js';

const LIMITS = { threads: 1, memoryMb: 128 };
const SEARCH = { access: { scope: 'all' }, predicates: [], order: 'asc', after: undefined, limit: 1 } as const;
const RETIRED = { archive: '2026-01-a', month: '2026-01' };

function archivedEvents(columns: () => Promise<never>, timeoutMs: number): ArchivedEvents {
  const reader = { rows: () => Promise.resolve([RETIRED]) } as unknown as LedgerReader; // the only member that is called
  const archives = { names: (requested: readonly string[]) => Promise.resolve(requested), columns };
  return new ArchivedEvents(reader, archives as unknown as Archives, { ...LIMITS, timeoutMs });
}

describe('a query of archives', () => {
  it('is retried once for an archive that was rewritten meanwhile', async () => {
    let looks = 0;
    const missing = (): Promise<never> => Promise.reject(verifyErrors.AUDIT_ARCHIVE_MISSING(`look ${(looks += 1)}`));

    await expect(archivedEvents(missing, 60_000).find(SEARCH, {})).rejects.toThrow('look 2');
    expect(looks).toBe(2);
  });

  it('takes too long when its time limit ends during the retry', async () => {
    const time = new AbortController();
    const timeout = jest.spyOn(AbortSignal, 'timeout').mockReturnValue(time.signal);
    let looks = 0;
    const missing = (): Promise<never> => {
      if ((looks += 1) > 1) time.abort();
      return Promise.reject(verifyErrors.AUDIT_ARCHIVE_MISSING('look'));
    };

    const found = archivedEvents(missing, 60_000).find(SEARCH, {});
    await expect(found).rejects.toMatchObject({ code: 'AUDIT_QUERY_TOO_SLOW' });
    expect(looks).toBe(2);
    timeout.mockRestore();
  });
});

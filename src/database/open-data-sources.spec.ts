import { describe, expect, it } from '@jest/globals';
import { OpenDataSources } from './open-data-sources.js';

describe('the data sources of an application', () => {
  it('are not opened any more once they were closed', async () => {
    const sources = new OpenDataSources();
    await sources.close();

    await expect(sources.open({ type: 'postgres', url: 'postgresql://localhost:1/none' })).rejects.toThrow(
      'is closing',
    );
  });
});

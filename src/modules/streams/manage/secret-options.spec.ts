import { describe, expect, it } from '@jest/globals';
import { joinSecrets, splitSecrets } from './secret-options.js';

const OPTIONS = {
  name: 'siem',
  personal: 'pseudonym',
  pseudonymKey: 'a key of thirty-two characters!!',
  destination: {
    type: 'webhook',
    url: 'https://ada:olive@siem.example/audit?token=olive#olive',
    secrets: ['whsec_olive'],
    headers: { authorization: 'olive' },
    timeoutMs: 5_000,
  },
};

describe('the options of a stream', () => {
  it('are shown without keys, secrets, headers, and what a URL has besides its place', () => {
    const { shown } = splitSecrets(OPTIONS);

    expect(shown).toEqual({
      name: 'siem',
      personal: 'pseudonym',
      destination: { type: 'webhook', url: 'https://siem.example/audit', timeoutMs: 5_000 },
    });
  });

  it('are whole again with their secrets', () => {
    const { shown, secrets } = splitSecrets(OPTIONS);

    expect(joinSecrets(shown, secrets)).toEqual(OPTIONS);
  });

  it('keep a URL that has no secret', () => {
    const { shown, secrets } = splitSecrets({
      name: 'x',
      destination: { type: 'webhook', url: 'https://siem.example' },
    });

    expect(shown).toEqual({ name: 'x', destination: { type: 'webhook', url: 'https://siem.example' } });
    expect(secrets).toEqual({ destination: {} });
  });
});

import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { describe, expect, it } from '@jest/globals';

interface Answer {
  readonly statusCode: number;
  readonly headers: object;
  readonly payload: string;
}
type Answers = Readonly<Record<string, { readonly bare: Answer; readonly audited: Answer; readonly waited: boolean }>>;

async function ask(onFailure: 'open' | 'closed'): Promise<Answers> {
  const { stdout } = await promisify(execFile)(process.execPath, ['test/support/injected-application.mjs', onFailure]);
  return JSON.parse(stdout) as Answers; // what the script prints
}

describe("an answer by Fastify's inject", () => {
  it('is what the bare one would have been, and comes after its event', async () => {
    const answers = Object.entries(await ask('open'));

    expect(answers).toHaveLength(18);
    for (const [what, { bare, audited, waited }] of answers) {
      expect({ what, ...audited }).toEqual({ what, ...bare });
      expect({ what, waited }).toEqual({ what, waited: true });
    }
  });

  it('is 503 where the policy is closed and nothing can be stored', async () => {
    const answers = Object.entries(await ask('closed'));

    expect(answers).toHaveLength(4);
    for (const [what, { audited }] of answers) {
      expect({ what, status: audited.statusCode }).toEqual({ what, status: 503 });
      if (what.startsWith('GET')) expect(JSON.parse(audited.payload)).toMatchObject({ code: 'AUDIT_UNAVAILABLE' });
    }
  });
});

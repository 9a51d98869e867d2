import { execFileSync } from 'node:child_process';
import { expect, it } from '@jest/globals';
import { asCurl } from './as-curl.js';

function argumentsOf(command: string): string[] {
  const script = `curl() { printf '%s\\0' "$@"; }\n${command}`;
  const output = execFileSync('sh', ['-c', script], { env: { TOKEN: 'secret' }, encoding: 'utf8' });
  return output.split('\0').slice(0, -1);
}

it('asCurl lets a shell run nothing of an address or a body', () => {
  const hostile = `';echo pwned;'$(id)\`id\`\\"`;
  const given = argumentsOf(asCurl(`https://app.example/${hostile}`, 'POST', { reason: hostile }));
  expect(given.at(-1)).toBe(`https://app.example/${hostile}`);
  expect(given).toEqual(expect.arrayContaining(['--request', 'POST', JSON.stringify({ reason: hostile })]));
});

import { execFileSync } from 'node:child_process';
import { expect, it } from '@jest/globals';
import { formatCurl } from './format-curl.js';

function parseArguments(command: string): string[] {
  const script = `curl() { printf '%s\\0' "$@"; }\n${command}`;
  const output = execFileSync('sh', ['-c', script], { env: { TOKEN: 'secret' }, encoding: 'utf8' });
  return output.split('\0').slice(0, -1);
}

it('formatCurl lets a shell run nothing of an address or a body', () => {
  const hostile = `';echo pwned;'$(id)\`id\`\\"`;
  const input = parseArguments(formatCurl(`https://app.example/${hostile}`, 'POST', { reason: hostile }));
  expect(input.at(-1)).toBe(`https://app.example/${hostile}`);
  expect(input).toEqual(expect.arrayContaining(['--request', 'POST', JSON.stringify({ reason: hostile })]));
});

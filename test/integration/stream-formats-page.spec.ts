import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { describe, expect, it } from '@jest/globals';
import * as prettier from 'prettier';

const PAGE = 'docs/reference/stream-formats.md';

describe('the formats of a stream', () => {
  it(`make ${PAGE}; npm run docs:formats writes it`, async () => {
    const script = `
      const formats = './dist/src/modules/monitoring/streams/formats/';
      const { lineOf } = await import(formats + 'stream-format.js');
      const { syslogMessageOf, syslogParametersOf } = await import(formats + 'syslog-message.js');
      const { streamFormatsPage } = await import('./scripts/stream-formats-page.mjs');
      console.log(streamFormatsPage({ lineOf, syslogMessageOf, syslogParametersOf }));`;
    const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', script]);
    const options = { ...(await prettier.resolveConfig(PAGE)), parser: 'markdown' };
    expect(await readFile(PAGE, 'utf8')).toBe(await prettier.format(stdout, options));
  });
});

import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { accessibilityFaults, TestBrowser } from '../../support/browser.js';
import { eventually } from '../../support/eventually.js';

let browser: TestBrowser;
let server: Server;
let url = '';
const pages = new Map<string, string>();

beforeAll(async () => {
  browser = await TestBrowser.open();
  server = createServer((request, response) => {
    response.setHeader('content-type', 'text/html; charset=utf-8');
    response.setHeader(
      'content-security-policy',
      "default-src 'none'; img-src data:; script-src 'unsafe-inline'; require-trusted-types-for 'script'",
    );
    response.end(
      pages.get(request.url ?? '') ??
        '<!doctype html><html lang="en"><title>Nothing</title><link rel="icon" href="data:,">',
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});

afterEach(() => browser.closePages());

afterAll(async () => {
  await browser.close();
  await new Promise((resolve) => server.close(resolve));
});

const HEAD = '<!doctype html><html lang="en"><head><title>A page</title><link rel="icon" href="data:,"></head>';

describe('the browser of the tests', () => {
  it.each([
    ['a violated policy', '<img src="https://example.com/x.png" alt="">', /policy violated: img-src/],
    ['a text as a script', '<script>document.body.innerHTML = "<b>bold</b>";</script>', /TrustedHTML/],
    ['an error', '<script>throw new Error("lost")</script>', /page error: .*lost/],
    ['an error on the console', '<script>console.error("broken")</script>', /console error: broken/],
    ['a dialog', '<script>alert("hello")</script>', /dialog: hello/],
  ])('notes %s', async (_what, html, expected) => {
    pages.set('/faulty', `${HEAD}<body><main><h1>Faulty</h1>${html}</main></body>`);
    const page = await browser.newPage();
    await page.goto(`${url}/faulty`);
    await eventually(() => expected.test(browser.faultsOf(page).join('\n')));
    browser.forgetFaults(page);
  });

  it('notes what people with a disability cannot use', async () => {
    pages.set('/unlabelled', `${HEAD}<body><main><h1>Form</h1><input></main></body>`);
    const page = await browser.newPage();
    await page.goto(`${url}/unlabelled`);
    expect((await accessibilityFaults(page)).join('\n')).toMatch(/^label: /);
  });
});

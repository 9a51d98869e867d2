import fastifyHelmet from '@fastify/helmet';
import { afterEach, describe, expect, it } from '@jest/globals';
import type { INestApplication } from '@nestjs/common';
import helmet from 'helmet';
import { once } from 'node:events';
import { createServer, request as forward } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Page } from 'playwright-core';
import { accessibilityFaults, TestBrowser } from '../../support/browser.js';
import { ADAPTERS, eventually, type Adapter } from '../../support/index.js';
import { closeAfterTests, closeEach, testDatabase } from '../../support/close-after-tests.js';
import { ADMIN, startReferenceApp } from '../../support/reference-app.js';
import { logInOn } from '../../support/viewer-scene.js';

interface StrippingProxy {
  readonly url: string;
  close(): Promise<void>;
}

async function startStrippingProxy(target: string, prefix: string): Promise<StrippingProxy> {
  const server = createServer((incoming, outgoing) => {
    const path = incoming.url ?? '';
    if (!path.startsWith(`${prefix}/`)) {
      outgoing.writeHead(404).end();
      return;
    }
    const { method, headers } = incoming;
    const onward = forward(target + path.slice(prefix.length), { ...(method && { method }), headers }, (answer) => {
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(outgoing);
    });
    onward.on('error', () => outgoing.destroy());
    outgoing.on('close', () => onward.destroy());
    incoming.pipe(onward);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, // of a server that listens on a port
    async close() {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}

const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; base-uri 'self'; " +
  "form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'";

async function addHelmet(app: INestApplication, adapter: Adapter): Promise<void> {
  if (adapter === 'express') app.use(helmet());
  // Its types are those of Fastify alone.
  else await (app as unknown as { register(plugin: unknown): Promise<unknown> }).register(fastifyHelmet);
}

const scenes = await closeEach(ADAPTERS, async (adapter) => {
  const database = await testDatabase();
  const environment = { HTTP_ADAPTER: adapter, AUDIT_VIEWER_BASE_PATH: '/ops' };
  const application = await closeAfterTests(
    startReferenceApp(database.url, environment, async (app) => {
      app.setGlobalPrefix('api/v1');
      await addHelmet(app, adapter);
    }),
  );
  const proxy = await closeAfterTests(startStrippingProxy(application.url, '/ops'));
  const browser = await closeAfterTests(TestBrowser.open());
  const viewer = `${proxy.url}/ops/api/v1/audit/ui`;
  return { browser, viewer };
});

describe.each(scenes)(
  'on $adapter, behind helmet, a global prefix, and a proxy that strips another one',
  ({ browser, viewer }) => {
    afterEach(() => browser.closePages());

    async function visit(route: string): Promise<Page> {
      const page = await browser.newPage();
      const answer = await page.goto(viewer + route);
      expect(answer?.headers()['content-security-policy']).toBe(POLICY);
      await logInOn(page, ADMIN.email, ADMIN.password);
      return page;
    }

    it('leads an analyst from the log-in to an event and its checked proof', async () => {
      const page = await visit('#/search?q=type:user_login_success');
      await page.reload(); // the path of the cookie has the prefixes, too
      await page.locator('.row-link', { hasText: 'Administrator logged in' }).last().click();
      await page.locator('[data-check=inclusion][data-state=proven]').waitFor();
      await page.locator('a.pivot').first().click();
      await page.locator('.event-row').first().waitFor();
      expect(await accessibilityFaults(page)).toEqual([]);
    });

    it('runs no text as HTML or script: Trusted Types and the policy are in force', async () => {
      const page = await visit('#/state');
      await page.locator('.state-card').first().waitFor();
      const refused = await page.evaluate<string>(
        `try { document.body.innerHTML = '<b>bold</b>'; 'it ran' } catch (error) { error.name }`,
      );
      expect(refused).toBe('TypeError');
      await page.evaluate(`document.body.append(Object.assign(new Image(), { src: 'https://example.com/x.png' }))`);
      const faults = /policy violated: require-trusted-types-for.*policy violated: img-src/s;
      await eventually(() => faults.test(browser.listFaults(page).join('\n')));
      await eventually(() => browser.listFaults(page).some((fault) => /^console error:.*img-src/.test(fault)));
      browser.forgetFaults(page);
    });
  },
);

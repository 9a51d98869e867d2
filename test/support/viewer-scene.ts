import type { INestApplication } from '@nestjs/common';
import type { Page } from 'playwright-core';
import { ADMIN, startReferenceApp, type ReferenceApp } from './reference-app.js';
import { ApiClient } from './api-client.js';
import { TestBrowser, type PageOptions } from './browser.js';
import { eventually } from './eventually.js';
import type { Adapter } from './http-app.js';
import { createTestDatabase, type TestDatabase } from './test-database.js';

export class ViewerScene {
  private constructor(
    readonly database: TestDatabase,
    readonly application: ReferenceApp,
    readonly browser: TestBrowser,
    readonly admin: ApiClient,
  ) {}

  static async open(adapter: Adapter = 'express', environment: Record<string, string> = {}): Promise<ViewerScene> {
    return ViewerScene.on(await createTestDatabase(), adapter, environment);
  }

  /** The scene drops the database. */
  static async on(
    database: TestDatabase,
    adapter: Adapter = 'express',
    environment: Record<string, string> = {},
    prepare?: (app: INestApplication) => unknown,
  ): Promise<ViewerScene> {
    const application = await startReferenceApp(database.url, { HTTP_ADAPTER: adapter, ...environment }, prepare);
    const browser = await TestBrowser.open();
    const admin = new ApiClient(application.url);
    await admin.logIn(ADMIN.email, ADMIN.password);
    return new ViewerScene(database, application, browser, admin);
  }

  async close(): Promise<void> {
    await this.browser.close();
    await this.application.close();
    await this.database.drop();
  }

  buildUrl(route = ''): string {
    return `${this.application.url}/audit/ui${route}`;
  }

  async visit(route = '', options: PageOptions = {}): Promise<Page> {
    const page = await this.browser.newPage(options);
    await page.goto(this.buildUrl(route));
    return page;
  }

  async visitAs(
    route = '',
    { email, password }: { readonly email: string; readonly password: string } = ADMIN,
    options: PageOptions = {},
  ): Promise<Page> {
    const page = await this.visit(route, options);
    await logInOn(page, email, password);
    return page;
  }

  async untilSealed(): Promise<void> {
    await eventually(async () => {
      const [newest] = await this.admin.events('category[ne]=audit_access');
      return newest !== undefined && 'index' in newest;
    });
  }
}

export async function logInOn(page: Page, email: string, password: string): Promise<void> {
  const dialog = page.getByRole('dialog');
  await dialog.locator('input[name=email]').fill(email);
  await dialog.locator('input[name=password]').fill(password);
  await dialog.locator('button[type=submit]').click();
  await dialog.waitFor({ state: 'detached' });
}

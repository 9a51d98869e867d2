import type { BrowserType } from 'playwright-core';
import { errorMessage } from '../../../audit/plain.js';
import { ReportRequestError } from '../report-request.error.js';

interface Printer {
  readonly chromium: BrowserType;
}

// The name is in a constant, so that no compiler or bundler resolves this optional package.
const PLAYWRIGHT = 'playwright-core';
const FOOTER =
  '<div style="font: 7pt sans-serif; color: #555; width: 100%; text-align: center"><span class="pageNumber"></span> / <span class="totalPages"></span></div>';

/**
 * Prints a page with a browser, without scripts and without a network.
 *
 * @param browser the path of a Chromium or Chrome; default: the browser that Playwright finds
 * @throws ReportRequestError (`AUDIT_REPORT_REQUEST_INVALID`) if Playwright or a browser is missing
 */
export async function printPdf(html: string, browser?: string): Promise<Buffer> {
  const { chromium } = await loadPlaywright();
  const launched = await chromium
    .launch({
      ...(browser !== undefined && { executablePath: browser }),
      chromiumSandbox: process.getuid?.() !== 0, // Chromium's sandbox does not work for root
      args: ['--disable-gpu', '--disable-dev-shm-usage', '--no-zygote'],
    })
    .catch((error: unknown) => {
      const [seen = ''] = errorMessage(error).split('\n');
      throw ReportRequestError.noBrowser(`the browser does not start (${seen})`);
    });
  try {
    const page = await launched.newPage({ javaScriptEnabled: false, offline: true });
    await page.setContent(html);
    return await page.pdf({
      ...{ format: 'A4', printBackground: true, displayHeaderFooter: true, tagged: true, outline: true },
      ...{ headerTemplate: '<span></span>', footerTemplate: FOOTER },
      margin: { top: '16mm', bottom: '18mm', left: '14mm', right: '14mm' },
    });
  } finally {
    await launched.close();
  }
}

/** Loads Playwright. @throws ReportRequestError (`AUDIT_REPORT_REQUEST_INVALID`) if it is not installed */
export async function loadPlaywright(): Promise<Printer> {
  try {
    return (await import(PLAYWRIGHT)) as Printer; // the package's types match this interface
  } catch {
    throw ReportRequestError.noPlaywright();
  }
}

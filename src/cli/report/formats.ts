import type { Report } from './report.js';
import { plainJson } from '../plain.js';
import { printPdf } from './write/print-pdf.js';
import { reportHtml } from './write/report-html.js';
import { reportOscal } from './write/report-oscal.js';

export const REPORT_FORMATS = ['html', 'pdf', 'json', 'oscal'] as const;
export type ReportFormat = (typeof REPORT_FORMATS)[number];

/** Writes a report as a file. */
export async function writeReport(report: Report, format: ReportFormat, browser?: string): Promise<string | Buffer> {
  switch (format) {
    case 'html':
      return reportHtml(report);
    case 'json':
      return `${plainJson(report, 2)}\n`;
    case 'oscal':
      return `${plainJson(reportOscal(report), 2)}\n`;
    case 'pdf':
      return printPdf(reportHtml(report), browser);
  }
}

import type { Report } from './report.js';
import { plainJson } from '../plain.js';
import { reportHtml } from './write/report-html.js';

export const REPORT_FORMATS = ['html', 'pdf', 'json', 'oscal'] as const;
export type ReportFormat = (typeof REPORT_FORMATS)[number];

/** Writes a report as a file. Each format loads only what it needs. */
export async function writeReport(report: Report, format: ReportFormat, browser?: string): Promise<string | Buffer> {
  switch (format) {
    case 'html':
      return reportHtml(report);
    case 'json':
      return `${plainJson(report, 2)}\n`;
    case 'oscal': {
      const { reportOscal } = await import('./write/report-oscal.js');
      return `${plainJson(reportOscal(report), 2)}\n`;
    }
    case 'pdf': {
      const { printPdf } = await import('./write/print-pdf.js');
      return printPdf(reportHtml(report), browser);
    }
  }
}

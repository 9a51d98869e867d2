/** Pages that a first visit does not load: they are in one file, since separate files would repeat what they share. */
export { AlertsPage } from './alerts/alerts-page.js';
export { DayPage } from './day/day-page.js';
export { ReviewPage } from './review/review-page.js';
export { ExportForms } from './search/export-forms.js';
export { HelpDialog } from './search/help-dialog.js';

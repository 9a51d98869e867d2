/** Separate files for these pages would repeat shared code. */
export { AlertsPage } from './alerts/alerts-page.js';
export { DayPage } from './day/day-page.js';
export { PersonPage } from './person/person-page.js';
export { ExportForms } from './search/export-forms.js';
export { HelpDialog } from './search/help-dialog.js';

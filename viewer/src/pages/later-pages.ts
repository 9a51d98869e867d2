/** Separate files for these pages would repeat shared code. */
export { PersonPage } from './person/person-page.js';
export { ExportForms } from './search/export-forms.js';
export { HelpDialog } from './search/help-dialog.js';

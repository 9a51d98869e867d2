/** Pages that a first visit does not wait for: in one file, since each of its own would repeat what they share. */
export { AlertsPage } from './alerts/alerts-page.js';
export { DayPage } from './day/day-page.js';

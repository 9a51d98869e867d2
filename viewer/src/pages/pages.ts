import type { FunctionComponent } from 'preact';
import type { MessageKey } from '../texts/index.js';
import type { Route } from '../router.js';
import { EventPage } from './event/event-page.js';
import { lazyPage } from './lazy-page.js';
import { RecordPage } from './record/record-page.js';
import { SearchPage } from './search/search-page.js';
import { StatePage } from './state/state-page.js';

const DayPage = lazyPage(async () => (await import('./later-pages.js')).DayPage);
const PersonPage = lazyPage(async () => (await import('./later-pages.js')).PersonPage);
const AlertsPage = lazyPage(async () => (await import('./later-pages.js')).AlertsPage);

export interface Waiting {
  readonly alerts: number;
  readonly reviews: number;
}

export interface Page {
  readonly title: MessageKey;
  readonly component: FunctionComponent<{ readonly route: Route }>;
  readonly isInNavigation?: boolean;
  /** The count that the navigation shows: what waits for the reader on this page. */
  readonly waiting?: keyof Waiting;
  /** The optional module that serves the routes that the page uses. */
  readonly room?: string;
}

export const PAGES: Readonly<Record<string, Page>> = {
  search: { title: 'frame.search', component: SearchPage, isInNavigation: true },
  event: { title: 'event.page', component: EventPage },
  record: { title: 'record.page', component: RecordPage },
  person: { title: 'person.page', component: PersonPage },
  alerts: { title: 'alerts.page', component: AlertsPage, isInNavigation: true, room: 'WatchModule', waiting: 'alerts' },
  day: { title: 'day.page', component: DayPage, isInNavigation: true, room: 'WatchModule', waiting: 'reviews' },
  state: { title: 'ledger.page', component: StatePage, isInNavigation: true },
};

export const FIRST_PAGE = 'search';

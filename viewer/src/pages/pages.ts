import type { FunctionComponent } from 'preact';
import type { MessageKey } from '../texts/index.js';
import type { Route } from '../router.js';
import { EventPage } from './event/event-page.js';
import { lazyPage } from './lazy-page.js';
import { RecordPage } from './record/record-page.js';
import { SearchPage } from './search/search-page.js';
import { StatePage } from './state/state-page.js';

const PersonPage = lazyPage(async () => (await import('./later-pages.js')).PersonPage);

export interface Page {
  readonly title: MessageKey;
  readonly component: FunctionComponent<{ readonly route: Route }>;
  readonly isInNavigation?: boolean;
}

export const PAGES: Readonly<Record<string, Page>> = {
  search: { title: 'frame.search', component: SearchPage, isInNavigation: true },
  event: { title: 'event.page', component: EventPage },
  record: { title: 'record.page', component: RecordPage },
  person: { title: 'person.page', component: PersonPage },
  state: { title: 'ledger.page', component: StatePage, isInNavigation: true },
};

export const FIRST_PAGE = 'search';

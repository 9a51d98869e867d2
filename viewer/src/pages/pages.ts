import type { MessageKey } from '../i18n/translate.js';
import { EventPage } from './event/event-page.js';
import { lazyPage, type PageComponent } from './lazy-page.js';
import { SearchPage } from './search/search-page.js';

const PersonPage = lazyPage(async () => (await import('./person/person-page.js')).PersonPage);
const RecordPage = lazyPage(async () => (await import('./record/record-page.js')).RecordPage);
const ReviewPage = lazyPage(async () => (await import('./review/review-page.js')).ReviewPage);
const StatePage = lazyPage(async () => (await import('./state/state-page.js')).StatePage);

/** A page: what `#/<name>/…` shows. */
export interface Page {
  readonly title: MessageKey;
  readonly component: PageComponent;
  /** Whether the header links to it. */
  readonly isInNavigation?: boolean;
}

/** Every page, by its name in the address. */
export const PAGES: Readonly<Record<string, Page>> = {
  search: { title: 'frame.search', component: SearchPage, isInNavigation: true },
  event: { title: 'event.page', component: EventPage },
  record: { title: 'record.page', component: RecordPage },
  person: { title: 'person.page', component: PersonPage },
  review: { title: 'review.page', component: ReviewPage, isInNavigation: true },
  state: { title: 'ledger.page', component: StatePage, isInNavigation: true },
};

/** The page without a name in the address. */
export const FIRST_PAGE = 'search';

import { createContext } from 'preact';
import { useContext, useEffect, useReducer } from 'preact/hooks';
import type { Api } from './api.js';
import type { ViewerConfig } from './config.js';
import type { Formats } from './design/formats.js';
import type { Translate } from './texts/index.js';
import type { Route, Router } from './router.js';
import type { SummaryWords } from './summaries/words.js';
import type { Session } from './session.js';

export interface Viewer {
  readonly config: ViewerConfig;
  readonly session: Session;
  readonly api: Api;
  readonly router: Router;
  readonly t: Translate;
  readonly formats: Formats;
  readonly words: SummaryWords;
  /** The node that receives key presses: the page, or the embedded element. */
  readonly root: Document | ShadowRoot;
}

export const ViewerContext = createContext<Viewer | undefined>(undefined);

export function useViewer(): Viewer {
  const viewer = useContext(ViewerContext);
  if (viewer === undefined) throw new Error('useViewer() is called outside of <App>.');
  return viewer;
}

export function useChanges({ subscribe }: { readonly subscribe: (listener: () => void) => () => void }): void {
  const [, again] = useReducer((count: number) => count + 1, 0);
  useEffect(() => subscribe(() => again(undefined)), [subscribe]);
}

export function useRoute(): Route {
  const { router } = useViewer();
  useChanges(router);
  return router.current;
}

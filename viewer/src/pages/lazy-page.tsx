import type { FunctionComponent } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { ApiError } from '../api.error.js';
import { ErrorPanel } from '../design/state-panel.js';
import type { Route } from '../router.js';
import { useViewer } from '../viewer-context.js';

export type PageComponent = FunctionComponent<{ readonly route: Route }>;

/** A page whose script is loaded when a reader first goes there. */
export function lazyPage(load: () => Promise<PageComponent>): PageComponent {
  let known: PageComponent | undefined;
  return function LazyPage({ route }) {
    const { t } = useViewer();
    const [Loaded, setLoaded] = useState(() => known);
    const [isFailed, setFailed] = useState(false);
    useEffect(() => {
      if (Loaded !== undefined || isFailed) return;
      load().then(
        (page) => {
          known = page;
          setLoaded(() => page);
        },
        () => setFailed(true),
      );
    }, [isFailed]);
    if (Loaded !== undefined) return <Loaded route={route} />;
    if (isFailed) return <ErrorPanel error={new ApiError('offline', '', [])} retry={() => setFailed(false)} />;
    return <p class="list-end">{t('state.loading')}</p>;
  };
}

import type { FunctionComponent } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { Skeleton } from '../design/panel.js';
import { StatePanel } from '../design/state-panel.js';
import type { Route } from '../router.js';
import { useViewer } from '../viewer-context.js';

/** A first visit does not wait for code that is loaded only when the reader opens the page. */
export function lazyPage<Props extends object = { readonly route: Route }>(
  load: () => Promise<FunctionComponent<Props>>,
): FunctionComponent<Props> {
  let loaded: FunctionComponent<Props> | undefined;
  return function LazyPage(props) {
    const { t } = useViewer();
    const [round, setRound] = useState(0);
    const [isFailed, setFailed] = useState(false);
    const [, setLoaded] = useState(loaded !== undefined);
    useEffect(() => {
      if (loaded !== undefined) return;
      load().then(
        (component) => {
          loaded = component;
          setLoaded(true);
        },
        () => setFailed(true),
      );
    }, [round]);
    if (loaded !== undefined) {
      const Loaded = loaded;
      return <Loaded {...props} />;
    }
    if (!isFailed) return <Skeleton lines={6} label={t('state.loading')} />;
    const retry = () => {
      setFailed(false);
      setRound(round + 1);
    };
    return (
      <StatePanel
        icon="offline"
        title={t('state.offline')}
        tone="warning"
        action={
          <button type="button" class="button" onClick={retry}>
            {t('state.retry')}
          </button>
        }
      >
        <p>{t('state.offlineText')}</p>
      </StatePanel>
    );
  };
}

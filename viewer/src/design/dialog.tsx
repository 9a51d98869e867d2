import type { ComponentChildren } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { useViewer } from '../viewer-context.js';
import { Icon } from './icon.js';

/** The browser keeps the focus inside the dialog, and restores the focus afterwards. */
export function Dialog(props: {
  readonly title: string;
  readonly close: () => void;
  readonly children: ComponentChildren;
}) {
  const { title, close, children } = props;
  const { t } = useViewer();
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    const shown = dialog.current;
    shown?.showModal();
    return () => shown?.close();
  }, []);
  return (
    <dialog
      ref={dialog}
      class="dialog"
      aria-label={title}
      onClose={close}
      onKeyDown={(event) => event.stopPropagation()}
      onClick={(event) => event.target === dialog.current && close()}
    >
      <div class="dialog-content">
        <header class="dialog-header">
          <h2>{title}</h2>
          <button type="button" class="button is-quiet is-small is-icon" aria-label={t('frame.close')} onClick={close}>
            <Icon name="close" />
          </button>
        </header>
        {children}
      </div>
    </dialog>
  );
}

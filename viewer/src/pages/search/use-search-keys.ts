import { useEffect, useRef } from 'preact/hooks';

/** Keys of the page, where nothing is being typed and no dialog is open. */
export function useSearchKeys(actions: Readonly<Record<string, () => unknown>>): void {
  const current = useRef(actions);
  current.current = actions;
  useEffect(() => {
    const onKeyDown = (event: KeyboardEvent) => {
      if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
      const [target] = event.composedPath(); // within a shadow root, too
      if (
        target instanceof Element &&
        target.closest('input, select, textarea, dialog, [contenteditable], .menu-panel')
      )
        return;
      const action = current.current[event.key];
      if (action === undefined) return;
      event.preventDefault();
      action();
    };
    document.addEventListener('keydown', onKeyDown);
    return () => document.removeEventListener('keydown', onKeyDown);
  }, []);
}

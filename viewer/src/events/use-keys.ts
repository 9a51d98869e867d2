import { useEffect, useRef } from 'preact/hooks';
import { useViewer } from '../viewer-context.js';

export function useKeys(actions: Readonly<Record<string, () => unknown>>): void {
  const { root } = useViewer();
  const current = useRef(actions);
  current.current = actions;
  useEffect(() => {
    const onKeyDown = (pressed: Event) => {
      const event = pressed as KeyboardEvent; // an event of the type 'keydown' is a KeyboardEvent
      if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
      const [target] = event.composedPath(); // the composed path also names a target within a shadow root
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
    root.addEventListener('keydown', onKeyDown);
    return () => root.removeEventListener('keydown', onKeyDown);
  }, [root]);
}

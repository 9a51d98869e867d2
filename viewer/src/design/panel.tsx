import type { ComponentChildren } from 'preact';
import { useId } from 'preact/hooks';
import type { Requested } from '../use-request.js';
import { useViewer } from '../viewer-context.js';
import './panel.css';
import { ErrorPanel } from './state-panel.js';

export function Panel(props: {
  readonly title: string;
  readonly note?: ComponentChildren;
  readonly tools?: ComponentChildren;
  readonly isFlush?: boolean;
  readonly children: ComponentChildren;
}) {
  const { title, note, tools, isFlush = false, children } = props;
  const id = useId();
  return (
    <section class={`card panel${isFlush ? ' is-flush' : ''}`} aria-labelledby={id}>
      <div class="panel-head">
        <h2 id={id}>{title}</h2>
        {note !== undefined && <span class="panel-note">{note}</span>}
        {tools !== undefined && <span class="panel-tools">{tools}</span>}
      </div>
      <div class="panel-body">{children}</div>
    </section>
  );
}

export function Loaded<T>(props: {
  readonly request: Requested<T>;
  readonly lines?: number;
  readonly children: (response: T) => ComponentChildren;
}) {
  const { request, lines = 3, children } = props;
  const { t } = useViewer();
  if (request.error !== undefined && !request.isLoading)
    return <ErrorPanel error={request.error} retry={request.reload} />;
  if (request.response === undefined) return <Skeleton lines={lines} label={t('state.loading')} />;
  return (
    <div class={request.isLoading ? 'is-stale' : undefined} aria-busy={request.isLoading}>
      {children(request.response)}
    </div>
  );
}

export function ErrorPage({ title, request }: { readonly title: string; readonly request: Requested<unknown> }) {
  if (request.error === undefined) return null;
  return (
    <div class="page">
      <h1 class="visually-hidden">{title}</h1>
      <ErrorPanel error={request.error} retry={request.reload} />
    </div>
  );
}

export function Skeleton({ lines, label }: { readonly lines: number; readonly label: string }) {
  return (
    <div class="skeleton" role="status">
      <span class="visually-hidden">{label}</span>
      {Array.from({ length: lines }, (_, index) => (
        <span key={index} aria-hidden="true" />
      ))}
    </div>
  );
}

export function Empty({ children }: { readonly children: ComponentChildren }) {
  return <p class="panel-empty">{children}</p>;
}

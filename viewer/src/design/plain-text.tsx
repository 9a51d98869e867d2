import { splitVisible } from './visible-text.js';

/** Anybody may have written the text, so its direction is isolated, and its invisible characters are shown as code points. */
export function PlainText({ text, class: name }: { readonly text: string; readonly class?: string }) {
  const pieces = splitVisible(text);
  return (
    <bdi class={name}>
      {pieces.map((piece) =>
        'text' in piece ? (
          piece.text
        ) : (
          <span class="hidden-character" title={piece.code}>
            {piece.code}
          </span>
        ),
      )}
    </bdi>
  );
}

import { escapeHtml } from '../../../modules/monitoring/lifecycle/erasure/report-html.js';
import type { LogInventory } from '../log-inventory.js';

export function inventoryHtml({ types, common, tables, places, readers }: LogInventory): string {
  const rows = types.map(({ type, category, recordedBy, fields, personal, retention, events }) =>
    row([
      `<code>${escapeHtml(type)}</code>`,
      escapeHtml(category),
      escapeHtml(recordedBy.join(', ')),
      escapeHtml(fields.join(', ')),
      escapeHtml(personal.join(', ')),
      escapeHtml(retention),
      String(events),
    ]),
  );
  const names = ['Event type', 'Category', 'Recorded by', 'Fields of its details', 'Personal', 'Kept', 'Events'];
  return `<h2 id="inventory">Log inventory</h2>
${list('Where events are', places)}
${list('Who may read them', readers)}
${list('Captured tables', tables)}
${list('What each event has', common)}
<div class="inventory" tabindex="0">
${table(names, rows)}
</div>`;
}

function list(title: string, items: readonly string[]): string {
  if (items.length === 0) return '';
  return `<h4>${title}</h4>\n<ul>\n${items.map((item) => `<li>${escapeHtml(item)}</li>`).join('\n')}\n</ul>`;
}

/** Returns a row of cells that are already HTML. */
export function row(cells: readonly string[]): string {
  return `<tr>${cells.map((cell) => `<td>${cell}</td>`).join('')}</tr>`;
}

export function table(names: readonly string[], rows: readonly string[]): string {
  return `<table>\n<thead><tr>${names.map((name) => `<th scope="col">${name}</th>`).join('')}</tr></thead>\n<tbody>\n${rows.join('\n')}\n</tbody>\n</table>`;
}

// The report as one HTML page that needs nothing beside it: no script, no font, no file.
import { type Outcome, type Table, type Target, verdictOf } from '../outcome.ts';
import { cellText, targetText } from './console.ts';
import { escapeText, plotSvg } from './plot.ts';
import { type Report, reportFacts } from './report.ts';

const STYLE = `
body { font: 15px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; color: #1c1c1c }
h1 { font-size: 1.6rem } h2 { margin-top: 2.5rem; border-top: 1px solid #ccc; padding-top: 1rem } h3 { font-size: 1rem }
table { border-collapse: collapse; margin: .5rem 0 1.5rem } th, td { padding: .2rem .7rem; border-bottom: 1px solid #e3e3e3 }
th { text-align: left } td.number { text-align: right; font-variant-numeric: tabular-nums }
.met { color: #0b6e4f } .missed { color: #b00020; font-weight: 600 } .not { color: #8a6d00 }
svg { width: 100%; height: auto; font: 12px system-ui, sans-serif } svg .grid { stroke: #e3e3e3 }
svg .limit { stroke: #b00020; stroke-dasharray: 5 4; stroke-width: 1.5 } p.fact { color: #555; margin: .1rem 0 }
`;

export function pageHtml(report: Report): string {
  const sections = report.suites.map(
    ({ name, title, seconds, outcome }) =>
      `<h2 id="${escapeText(name)}">${escapeText(name)}: ${escapeText(title)}</h2>
<p class="fact">${seconds.toFixed(0)} s</p>${section(outcome)}`,
  );
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Salus: what it costs</title>
<style>${STYLE}</style>
<h1>Salus: what it costs, beside what else does the work</h1>
${reportFacts(report)
  .map((fact) => `<p class="fact">${escapeText(fact)}</p>`)
  .join('\n')}
${sections.join('\n')}
</html>
`;
}

function section({ tables, plots, targets, notes }: Outcome): string {
  const drawn = plots.map((plot) => `<h3>${escapeText(plot.title)}</h3>\n${plotSvg(plot)}`);
  const listed = targets.length === 0 ? '' : `<ul>${targets.map(targetItem).join('')}</ul>`;
  const said = notes.map((note) => `<p class="fact">${escapeText(note)}</p>`);
  return [listed, ...drawn, ...tables.map(tableHtml), ...said].join('\n');
}

function targetItem(target: Target): string {
  const [verdict] = verdictOf(target).split(' ');
  return `<li class="${verdict}">${escapeText(targetText(target))}</li>`;
}

function tableHtml({ title, columns, rows }: Table): string {
  const head = columns.map((column) => `<th>${escapeText(column)}</th>`).join('');
  const body = rows.map((row) => {
    const cells = row.map(
      (cell) => `<td${typeof cell === 'number' ? ' class="number"' : ''}>${escapeText(cellText(cell))}</td>`,
    );
    return `<tr>${cells.join('')}</tr>`;
  });
  return `<h3>${escapeText(title)}</h3>\n<table><tr>${head}</tr>${body.join('')}</table>`;
}

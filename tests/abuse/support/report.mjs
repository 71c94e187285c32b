// The results as a Markdown table.
const ms = (value) => (Number.isFinite(value) ? `${value.toFixed(value < 10 ? 1 : 0)}` : '–');
const mb = (value) => (value === undefined ? '–' : `${Math.round(value)}`);

const sentText = (sent = {}) =>
  Object.entries(sent)
    .filter(([, value]) => typeof value === 'number' || (Array.isArray(value) && value.length > 0))
    .map(([name, value]) =>
      typeof value === 'number'
        ? `${Math.round(value).toLocaleString('en')} ${name}`
        : `${name}: ${value}`,
    )
    .join(', ');

const HEADINGS = [
  'case',
  'server',
  'sent',
  'echo p50 / p99 ms (before)',
  'REST p50 / p99 ms (before)',
  'event p99 ms',
  'victims lost',
  'RSS MB before → peak → after',
  'fds, threads before → after',
  'result',
];

/** One line of the table. `notes`: what a case says instead of the numbers of a siege. */
export function line({ name, result, faults, notes }) {
  const verdict = faults.length === 0 ? 'ok' : faults.join('; ');
  if (notes !== undefined) {
    return [
      name,
      result?.kind ?? 'Strapi',
      notes,
      '',
      '',
      '',
      '',
      memory(result),
      counts(result),
      verdict,
    ];
  }
  const { kind, sent, calm, during } = result;
  return [
    name,
    kind,
    sentText(sent),
    `${ms(during.echo50)} / ${ms(during.echo99)} (${ms(calm.echo50)} / ${ms(calm.echo99)})`,
    `${ms(during.rest50)} / ${ms(during.rest99)} (${ms(calm.rest50)} / ${ms(calm.rest99)})`,
    ms(during.event99),
    `${during.lost.length}`,
    memory(result),
    counts(result),
    verdict,
  ];
}

function memory({ before, peak, after } = {}) {
  if (!before) return '';
  return `${mb(before.rss)} → ${mb(peak?.rss)} → ${mb(after?.rss)}`;
}

function counts({ before, after } = {}) {
  if (!before) return '';
  return `${before.fds}, ${before.threads} → ${after?.fds ?? '–'}, ${after?.threads ?? '–'}`;
}

const row = (cells) => `| ${cells.join(' | ')} |`;

export const table = (lines) =>
  [row(HEADINGS), row(HEADINGS.map(() => '---')), ...lines.map(row)].join('\n');

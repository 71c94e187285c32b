// What goes wrong in a page without anybody looking.

/** What Strapi's edit view asks for and is refused, as previews are not set up and its AI is not bought. */
const NOT_THERE = /\/(ai-localization-jobs|preview\/url|ai-feature-config)\b/;

/**
 * Collects the errors of a page: exceptions, and what its console says about them. What does not
 * come from the application is not its fault: Strapi's own panel asks servers that tests cannot reach.
 */
export function watch(page, url) {
  const problems = [];
  page.on('pageerror', (error) => problems.push(`exception: ${error.stack ?? error}`));
  page.on('console', (message) => {
    if (message.type() !== 'error') return;
    const from = message.location().url;
    if ((from !== '' && !from.startsWith(url)) || NOT_THERE.test(from)) return;
    problems.push(`console: ${message.text()} ${from}`);
  });
  return problems;
}

/** Counts the requests of a page to paths that match, from now on. */
export function countRequests(page, pattern) {
  const counter = { count: 0 };
  page.on('request', (request) => {
    if (pattern.test(new URL(request.url()).pathname)) counter.count += 1;
  });
  return counter;
}

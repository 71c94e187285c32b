/** What stands for a password that is not shown. */
const HIDDEN = '********';

/** The URL for people: without its password. */
export function hidePassword(url: string): string {
  if (!URL.canParse(url)) return url;
  const parsed = new URL(url);
  if (parsed.password === '') return url;
  parsed.password = HIDDEN;
  return parsed.href;
}

/** What was meant by a URL that was shown without its password. */
export const revealPassword = (shown: string, url: string): string =>
  shown === hidePassword(url) ? url : shown;

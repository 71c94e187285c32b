/** What Strapi's panel leaves in the browser for its plugins. */
interface StrapiGlobals {
  backendURL: string;
}

/**
 * Where the connection goes: to where the panel reaches Strapi, which may be behind a proxy, under
 * another name than the server knows, or below a path.
 */
export function addressOf(wsPath: string): { origin: string; path: string } {
  const { backendURL } = window.strapi as unknown as StrapiGlobals;
  const { origin, pathname } = new URL(backendURL, window.location.href);
  return { origin, path: `${pathname.replace(/\/+$/, '')}${wsPath}` };
}

// What recipients should get, made the plain way: Strapi's sanitizer, then a blocklist as one would first write it.

const folded = new Map();

/** Letters that count as the same one. Names repeat, so it is remembered. */
function fold(text) {
  let found = folded.get(text);
  if (found === undefined) {
    found = [...text].map((character) => character.toUpperCase().toLowerCase()).join('');
    folded.set(text, found);
  }
  return found;
}

/** `data` must be JSON. */
export function plainBlocklist(data, { blockedWords, allowedFields, excludedFields }) {
  const words = blockedWords.map(fold);
  const isLeftOut = (name) =>
    excludedFields.includes(name) ||
    (!allowedFields.includes(name) && words.some((word) => fold(name).includes(word)));
  const filter = (value) => {
    if (Array.isArray(value)) return value.map(filter);
    if (typeof value !== 'object' || value === null) return value;
    const kept = Object.entries(value).filter(([name]) => !isLeftOut(name));
    return Object.fromEntries(kept.map(([name, item]) => [name, filter(item)]));
  };
  return filter(data);
}

/** The JSON text one recipient should get. */
export async function reference(strapi, options, uid, entity, { auth }) {
  const seen = await strapi.contentAPI.sanitize.output(entity, strapi.getModel(uid), { auth });
  return JSON.stringify(plainBlocklist(JSON.parse(JSON.stringify(seen)), options));
}

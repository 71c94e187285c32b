/** The smallest part of some data that still fails, by leaving out one field or element after the other. */
export async function shrink(data, fails) {
  let current = data;
  let smaller = true;
  while (smaller) {
    smaller = false;
    for (const candidate of candidates(current)) {
      if (await fails(candidate).catch(() => false)) {
        current = candidate;
        smaller = true;
        break;
      }
    }
  }
  return current;
}

function* candidates(value) {
  if (typeof value !== 'object' || value === null || value instanceof Date) return;
  const entries = Object.entries(value);
  const rebuild = (kept) =>
    Array.isArray(value) ? kept.map(([, item]) => item) : Object.fromEntries(kept);
  for (const index of entries.keys()) {
    yield rebuild(entries.filter((_, other) => other !== index));
  }
  for (const [index, [name, item]] of entries.entries()) {
    for (const inner of candidates(item)) {
      yield rebuild(entries.with(index, [name, inner]));
    }
  }
}

/** Removes fields whose names give them away, at every level of what is about to be sent. */
export type Blocklist = (data: unknown) => unknown;

export interface BlocklistOptions {
  /** Any field whose name contains one of these, in any case, is removed... */
  blocked: readonly string[];
  /** ...unless its name is exactly one of these. */
  allowed: readonly string[];
}

/** JSON has no deeper use for these: they are sent as they are. */
const isOpaque = (value: object): boolean =>
  Buffer.isBuffer(value) || ArrayBuffer.isView(value) || value instanceof ArrayBuffer;

export function createBlocklist({ blocked, allowed }: BlocklistOptions): Blocklist {
  const parts = [...new Set(blocked.map((part) => part.toLowerCase()))];
  const exempt = new Set(allowed);
  // Field names repeat from entity to entity. Bounded, as `json` fields bring names of their own.
  const known = new Map<string, boolean>();

  const isBlocked = (key: string): boolean => {
    let verdict = known.get(key);
    if (verdict === undefined) {
      const lower = key.toLowerCase();
      verdict = !exempt.has(key) && parts.some((part) => lower.includes(part));
      if (known.size >= 10_000) known.clear();
      known.set(key, verdict);
    }
    return verdict;
  };

  const filter = (value: unknown, ancestors: object[]): unknown => {
    if (typeof value !== 'object' || value === null || isOpaque(value)) return value;
    if (ancestors.includes(value)) throw new Error('plugin io: data with a cycle cannot be sent');
    const own = value as { toJSON?: unknown };
    if (typeof own.toJSON === 'function') {
      // What it becomes on the wire is what has to be looked at.
      return filter((own.toJSON as () => unknown)(), [...ancestors, value]);
    }
    const path = [...ancestors, value];
    if (Array.isArray(value)) return value.map((item) => filter(item, path));
    const kept: Record<string, unknown> = {};
    for (const [key, item] of Object.entries(value)) {
      if (isBlocked(key)) continue;
      // Not an assignment: a key called `__proto__` would be one to the prototype.
      Object.defineProperty(kept, key, {
        value: filter(item, path),
        enumerable: true,
        configurable: true,
        writable: true,
      });
    }
    return kept;
  };

  return (data) => filter(data, []);
}

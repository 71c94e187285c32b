/** `adapter.rooms` and `adapter.sids`: maps over the engine's registry, read when asked. */
import { inspect } from 'node:util';

/** What a view reads. Sets are copies: a later join shows in the next read. */
export interface Registry {
  size(): number;
  keys(): Iterable<string>;
  get(key: string): Set<string> | undefined;
}

export class RegistryView extends Map<string, Set<string>> {
  constructor(private readonly registry: Registry) {
    super();
  }

  override get(key: string): Set<string> | undefined {
    return this.registry.get(key);
  }

  override has(key: string): boolean {
    return this.get(key) !== undefined;
  }

  override get size(): number {
    return this.registry.size();
  }

  override *keys(): MapIterator<string> {
    yield* this.registry.keys();
  }

  override *values(): MapIterator<Set<string>> {
    for (const [, members] of this) yield members;
  }

  override *entries(): MapIterator<[string, Set<string>]> {
    for (const key of this.registry.keys()) {
      const members = this.get(key);
      if (members) yield [key, members];
    }
  }

  override [Symbol.iterator](): MapIterator<[string, Set<string>]> {
    return this.entries();
  }

  override forEach(
    fn: (members: Set<string>, key: string, map: Map<string, Set<string>>) => void,
    self?: unknown,
  ): void {
    for (const [key, members] of this) fn.call(self, members, key, this);
  }

  /** So that a logged view shows what it holds. */
  [inspect.custom](): Map<string, Set<string>> {
    return new Map(this.entries());
  }
}

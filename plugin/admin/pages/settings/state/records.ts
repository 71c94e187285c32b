/** Changes to settings that are records: each gives a new one. */

export const withoutEntry = <V>(record: Record<string, V>, key: string): Record<string, V> =>
  Object.fromEntries(Object.entries(record).filter(([other]) => other !== key));

/** With an entry; null leaves it out, for values that say no more than its absence. */
export const withEntry = <V>(
  record: Record<string, V>,
  key: string,
  value: V | null,
): Record<string, V> => (value === null ? withoutEntry(record, key) : { ...record, [key]: value });

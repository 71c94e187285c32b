/** Reads stored settings: what can be read is in force, the rest is named. Never throws. */
import type { z } from 'zod';

import { MAX_ENTRIES, type SettingsPatch, settingsPatchSchema } from '../../shared/settings';
import { checkAddressRule } from '../../socket-io/native';
import { formatIssue, formatPath, formatValue } from '../config/messages';
import { isObject } from '../utils/is-object';
import { ALLOW_LISTS, closedValue } from './closed-values';

export interface Problem {
  /** `security.ipBlacklist[1]`; empty for the whole. */
  path: string;
  /** What is wrong with the value, and what is in force instead. */
  message: string;
}

export interface ReadSettings {
  patch: SettingsPatch;
  problems: Problem[];
}

type Path = readonly PropertyKey[];
type Tree = Record<PropertyKey, unknown>;

/** Marks a removed entry of an array until the pass is over: issues name entries by their index. */
const REMOVED = Symbol('removed');

/** A repair may uncover another problem below it; the settings are not deeper than this. */
const MAX_PASSES = 8;

const nodeAt = (tree: unknown, path: Path): unknown =>
  path.reduce<unknown>(
    (node, key) => (typeof node === 'object' && node !== null ? (node as Tree)[key] : undefined),
    tree,
  );

function put(tree: Tree, path: Path, value: unknown): void {
  const parent = nodeAt(tree, path.slice(0, -1));
  const key = path[path.length - 1];
  if (typeof parent !== 'object' || parent === null) return;
  if (value !== undefined) (parent as Tree)[key] = value;
  else if (Array.isArray(parent)) (parent as unknown[])[key as number] = REMOVED;
  else Reflect.deleteProperty(parent, key);
}

const withoutRemoved = (node: unknown): unknown => {
  if (Array.isArray(node)) return node.filter((entry) => entry !== REMOVED).map(withoutRemoved);
  if (!isObject(node)) return node;
  return Object.fromEntries(
    Object.entries(node).map(([key, value]) => [key, withoutRemoved(value)]),
  );
};

/** Addresses are judged by the engine, which obeys them. */
function addressIssues(tree: Tree): Array<{ path: Path; message: string }> {
  return ['ipWhitelist', 'ipBlacklist', 'trustedProxies'].flatMap((list) => {
    const rules = nodeAt(tree, ['security', list]);
    if (!Array.isArray(rules)) return [];
    return (rules as unknown[]).flatMap((rule, index) => {
      const problem = typeof rule === 'string' ? checkAddressRule(rule) : null;
      const path = ['security', list, index];
      return problem === null ? [] : [{ path, message: `${formatPath(path)} ${problem}` }];
    });
  });
}

const saidIgnored = (path: Path, message: string): Problem => ({
  path: formatPath(path),
  message: `${message}; it is ignored`,
});

/** The part of a list or record that is not too long; undefined if all of it is. */
function firstEntries(value: unknown): unknown {
  if (Array.isArray(value) && value.length > MAX_ENTRIES) return value.slice(0, MAX_ENTRIES);
  if (!isObject(value) || Object.keys(value).length <= MAX_ENTRIES) return undefined;
  return Object.fromEntries(Object.entries(value).slice(0, MAX_ENTRIES));
}

/** Takes a value out, or puts in what it counts as. */
function repairValue(
  tree: Tree,
  issue: { path: Path; expected?: string },
  message: string,
): Problem {
  const { path } = issue;
  const value = nodeAt(tree, path);
  const shortened = firstEntries(value);
  if (shortened !== undefined) {
    put(tree, path, shortened);
    return {
      path: formatPath(path),
      message: `${formatPath(path)} has more than ${MAX_ENTRIES} entries; those after them are ignored`,
    };
  }
  // One name where a list of names belongs is a list of one.
  if (issue.expected === 'array' && typeof value === 'string' && value !== '') {
    put(tree, path, [value]);
    return { path: formatPath(path), message: `${message}; it counts as [${formatValue(value)}]` };
  }
  const instead = closedValue(path, value);
  if (instead === undefined) {
    put(tree, path, undefined);
    return saidIgnored(path, message);
  }
  put(tree, instead.path, instead.value);
  const place = instead.path.length === path.length ? 'it' : formatPath(instead.path);
  return {
    path: formatPath(path),
    message: `${message}; ${place} counts as ${formatValue(instead.value)}`,
  };
}

function repairIssue(tree: Tree, issue: z.core.$ZodIssue, seen: unknown): Problem[] {
  if (issue.code !== 'unrecognized_keys') {
    const expected = issue.code === 'invalid_type' ? issue.expected : undefined;
    const { path } = issue;
    // The log must not show what may hold a password.
    const message = formatIssue(issue, path[0] === 'redis' ? {} : seen, 'settings');
    if (issue.code !== 'invalid_key') return [repairValue(tree, { path, expected }, message)];
    // No role and no namespace has such a name: there is nothing to keep closed.
    put(tree, path, undefined);
    return [saidIgnored(path, message)];
  }
  return issue.keys.map((key) => {
    const path = [...issue.path, key];
    put(tree, path, undefined);
    return saidIgnored(path, `${formatPath(path)} is not a setting of this version`);
  });
}

const isEmpty = (value: unknown): boolean => Array.isArray(value) && value.length === 0;

/** An allow list of which nothing could be read must not become one that allows everything. */
function closeEmptied(tree: Tree, original: Tree): Problem[] {
  return [...ALLOW_LISTS].flatMap(([name, closed]) => {
    const path = name.split('.');
    const before = nodeAt(original, path);
    const now = nodeAt(tree, path);
    if (before === undefined || before === null || isEmpty(before)) return [];
    if (!isEmpty(now)) return [];
    const value = closed(before);
    put(tree, path, value);
    return [
      { path: name, message: `${name} has no entry left; it counts as ${formatValue(value)}` },
    ];
  });
}

/**
 * What of the stored settings is in force. A key this version does not know and a value it cannot
 * read are ignored, unless they say who has access: see `closedValue`.
 */
export function readStored(stored: unknown): ReadSettings {
  if (!isObject(stored)) {
    return { patch: {}, problems: [saidIgnored([], 'the settings are not an object')] };
  }
  let tree = structuredClone(stored) as Tree;
  const problems: Problem[] = [];
  for (let pass = 0; pass < MAX_PASSES; pass += 1) {
    const result = settingsPatchSchema.safeParse(tree);
    const seen = structuredClone(tree);
    const wrong = result.success ? addressIssues(tree) : [];
    if (result.success && wrong.length === 0) return { patch: result.data, problems };
    problems.push(
      ...(result.error?.issues ?? []).flatMap((issue) => repairIssue(tree, issue, seen)),
      ...wrong.map(({ path, message }) => repairValue(tree, { path }, message)),
    );
    tree = withoutRemoved(tree) as Tree;
    problems.push(...closeEmptied(tree, stored));
  }
  // Not reached by anything that can be stored. The settings may have kept somebody out.
  const message = 'the settings cannot be read; security.requireAuthentication counts as true';
  return {
    patch: { security: { requireAuthentication: true } },
    problems: [...problems, { path: '', message }],
  };
}

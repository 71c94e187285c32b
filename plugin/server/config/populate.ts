/** Checks what the configuration populates: an unknown name would make every read of the type fail. */
import type { Struct } from '@strapi/strapi';

import { suggest } from '../../shared/suggest';
import type { Populate, Strapi } from '../types';
import { isObject } from '../utils/is-object';

interface Attribute {
  type: string;
  target?: string;
  component?: string;
}

export interface CheckedPopulate {
  /** Without the names that do not exist. */
  populate: Populate | undefined;
  problems: Array<{ path: string; message: string }>;
}

/** The types of attributes that are part of an entity only when populated. */
const NESTED = new Set(['relation', 'media', 'component', 'dynamiczone']);

/** The model behind an attribute; undefined where it depends on the entity. */
const targetOf = ({ type, target, component }: Attribute): string | undefined =>
  type === 'media' ? 'plugin::upload.file' : type === 'component' ? component : target;

export function checkPopulate(
  strapi: Strapi,
  place: string,
  uid: string,
  populate: Populate | undefined,
): CheckedPopulate {
  const problems: CheckedPopulate['problems'] = [];

  const attributesOf = (model: string): Record<string, Attribute> =>
    (strapi.getModel(model as never) as Struct.Schema | undefined)?.attributes ?? {};

  /** Follows `author.articles`. Names the first part that does not exist. */
  const exists = (path: string, model: string, name: string): boolean => {
    let current: string | undefined = model;
    for (const part of name.split('.')) {
      // Behind a polymorphic relation nothing is known.
      if (current === undefined || part === '*') return true;
      const attributes = attributesOf(current);
      const known = Object.keys(attributes).filter((key) => NESTED.has(attributes[key].type));
      if (!known.includes(part)) {
        const meant = suggest(part, known);
        const hint =
          meant === undefined
            ? known.join(', ') || 'it has none'
            : `did you mean ${JSON.stringify(meant)}?`;
        problems.push({
          path,
          message: `${path} ${JSON.stringify(name)} is not a relation, media, component or dynamic zone of ${current}: ${hint}; it is skipped`,
        });
        return false;
      }
      current = targetOf(attributes[part]);
    }
    return true;
  };

  const modelAt = (model: string, name: string): string | undefined =>
    name.split('.').reduce<string | undefined>((current, part) => {
      const attribute = current === undefined ? undefined : attributesOf(current)[part];
      return attribute === undefined ? undefined : targetOf(attribute);
    }, model);

  const check = (path: string, model: string, value: unknown): unknown => {
    if (typeof value === 'string') return exists(path, model, value) ? value : undefined;
    if (Array.isArray(value)) {
      // In a list Strapi does not know the wildcard.
      if (value.includes('*')) return '*';
      return (value as unknown[]).filter(
        (name, index) => typeof name !== 'string' || exists(`${path}[${index}]`, model, name),
      );
    }
    if (!isObject(value)) return value;
    const entries = Object.entries(value).filter(([name]) => exists(path, model, name));
    return Object.fromEntries(
      entries.map(([name, options]) => {
        const target = modelAt(model, name);
        if (!isObject(options) || options.populate === undefined || target === undefined) {
          return [name, options];
        }
        const { populate: nested, ...rest } = options;
        const kept = check(`${path}.${name}.populate`, target, nested);
        return [name, kept === undefined ? rest : { ...rest, populate: kept }];
      }),
    );
  };

  return { populate: check(place, uid, populate) as Populate | undefined, problems };
}

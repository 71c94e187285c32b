// Random applications.
import { BUILT_IN } from './strapi.mjs';

const SCALARS =
  'string text richtext blocks json json integer biginteger decimal float date datetime time boolean email uid'.split(
    ' ',
  );

/** Names of attributes: plain ones, ones that look blocked, ones JavaScript has a meaning for. */
const NAMES = [
  ...'title body slug price summary cover gallery author editor tags related subject parts parent'.split(
    ' ',
  ),
  ...'passwordHint tokenCount hashtags hash secretSanta apiKeyName TOKENS private_keys saltLake'.split(
    ' ',
  ),
  ...'createdBy updatedBy localizations count on constructor toString hasOwnProperty größe straße 名前 Ключ ſecret İtoken'.split(
    ' ',
  ),
];
const PLAIN_RELATIONS = ['oneToOne', 'oneToMany', 'manyToOne', 'manyToMany'];
const MORPHS = ['morphToOne', 'morphToMany', 'morphOne', 'morphMany'];

/** Attributes that may never be left out of an element, or Strapi would look at something else than a client sees. */
const ALWAYS_PUBLIC = new Set(['count', 'on']);

export const isMany = (relation) => /many$/i.test(relation);

function attribute(random, name, { uids, components, isComponent }) {
  const kind = random.below(20);
  const isPrivate = !ALWAYS_PUBLIC.has(name) && random.chance(0.15);
  const made = (rest) => (isPrivate ? { ...rest, private: true } : rest);
  if (name === 'count') return { type: 'integer' };
  if (name === 'on') return { type: 'string' };
  // Strapi makes `{}` of what it removes under the name of an inherited method: see deviations.test.mjs.
  if (kind < 8 || name in {}) return made({ type: random.pick(SCALARS) });
  if (kind === 8) return made({ type: 'password' });
  if (kind === 9) return made({ type: 'media', multiple: random.chance(0.5) });
  if (kind < 12 && components.length > 0) {
    return made({
      type: 'component',
      component: random.pick(components),
      repeatable: random.chance(0.5),
    });
  }
  if (kind === 12 && components.length > 0 && !isComponent) {
    return made({ type: 'dynamiczone', components });
  }
  if (kind < 15 && !isComponent) {
    const relation = random.pick(MORPHS);
    const target = relation.startsWith('morphTo') ? {} : { target: random.pick(uids) };
    return made({ type: 'relation', relation, ...target });
  }
  return made({
    type: 'relation',
    relation: random.pick(PLAIN_RELATIONS),
    target: random.pick(uids),
  });
}

function attributes(random, context) {
  const names = random.shuffle(NAMES).slice(0, 3 + random.below(10));
  return Object.fromEntries(names.map((name) => [name, attribute(random, name, context)]));
}

function options(random, names) {
  const made = {};
  const privacy = names.filter((name) => !ALWAYS_PUBLIC.has(name));
  if (random.chance(0.3)) made.privateAttributes = random.some([...privacy, 'id'], 0.2);
  if (random.chance(0.3)) made.populateCreatorFields = true;
  return made;
}

/** What `createApp` takes. */
export function randomApp(random) {
  const own = random.times(2, 5, (index) => `api::type-${index}.type-${index}`);
  const uids = [...own, ...BUILT_IN];
  const componentUids = random.times(0, 4, (index) => `shared.part-${index}`);
  const contentTypes = {};
  for (const [index, uid] of own.entries()) {
    const made = attributes(random, { uids, components: componentUids, isComponent: false });
    contentTypes[uid] = {
      kind: 'collectionType',
      info: {
        singularName: `type-${index}`,
        pluralName: `type-${index}s`,
        displayName: `Type ${index}`,
      },
      options: options(random, Object.keys(made)),
      attributes: made,
    };
  }
  const components = {};
  for (const [index, uid] of componentUids.entries()) {
    // As in Strapi, components nest without a circle.
    const inner = componentUids.slice(index + 1);
    const made = attributes(random, { uids, components: inner, isComponent: true });
    const model = { uid, modelType: 'component', attributes: made };
    components[uid] = random.chance(0.5)
      ? { ...model, options: options(random, Object.keys(made)) }
      : model;
  }
  return {
    contentTypes,
    components,
    privateAttributes: random.chance(0.2)
      ? random.pick([['createdAt'], ['title', 'id'], ['größe']])
      : [],
    localized: random.some(uids, 0.4),
  };
}

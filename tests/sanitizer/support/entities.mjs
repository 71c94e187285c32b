// Random entities of random applications, as Strapi's database layer would return them and worse.
import { isMany } from './schemas.mjs';

const TEXTS = [
  '',
  'plain',
  'ünïcödé 名前 😀',
  'quote " backslash \\ slash / control \u0001\b\f\n\r\t',
  'separators \u2028\u2029',
  'half \ud83d a pair',
  '{"not":"parsed"}',
  '\ufeff',
];
const NUMBERS = [
  0,
  1,
  -1,
  -0,
  0.1,
  1.5e300,
  5e-324,
  1e21,
  1e-7,
  123456789.125,
  Number.MAX_SAFE_INTEGER,
  Number.MIN_SAFE_INTEGER,
  2 ** 70,
  NaN,
  Infinity,
];
const DATES = [
  new Date(0),
  new Date('2026-11-21T10:11:12.345Z'),
  new Date('+012345-01-01T00:00:00Z'),
];
const BIG = ['9007199254740993', '-170141183460469231731687303715884105728'];
const UNKNOWN_KEYS = [
  'extra',
  '__pivot',
  '_internal',
  'accessToken',
  'user_api_key',
  'PASSWORD',
  'hashtags',
  'secret',
  'to\u212aen',
  'haſh',
  'passwd',
  '2',
  '10',
  '01',
  '',
  'a"b',
  'line\nbreak',
  '\ud83d',
  'constructor',
  'toString',
  'sort',
  'createdBy',
  'localizations',
  'note',
  'ПАРОЛЬ',
  'body',
  '__proto__',
];

const isMorphTo = ({ relation }) => relation.startsWith('morphTo');
const isMorphFrom = ({ relation }) =>
  relation.startsWith('morph') && !relation.startsWith('morphTo');

export function createEntities(random, strapi) {
  const uids = Object.keys(strapi.contentTypes);
  const componentUids = Object.keys(strapi.components);

  /** JSON of any shape, with names that look like something. */
  const json = (depth) => {
    const kind = random.below(depth > 0 ? 8 : 5);
    if (kind === 0) return null;
    if (kind === 1) return random.pick(NUMBERS);
    if (kind === 2) return random.chance(0.5);
    if (kind < 5) return random.pick(TEXTS);
    if (kind === 5) return random.times(0, 4, () => json(depth - 1));
    const made = {};
    for (const key of random.some(UNKNOWN_KEYS, 0.15)) define(made, key, json(depth - 1));
    return made;
  };

  const scalar = ({ type }) => {
    if (random.chance(0.15)) return null;
    switch (type) {
      case 'json':
      case 'blocks':
        return json(3);
      case 'integer':
      case 'float':
      case 'decimal':
        return random.pick(NUMBERS);
      case 'biginteger':
        return random.pick(BIG);
      case 'boolean':
        return random.chance(0.5);
      case 'datetime':
        return random.pick(DATES);
      default:
        return random.pick(TEXTS);
    }
  };

  const one = (uid, depth) => (depth > 0 ? entity(uid, depth - 1) : { id: random.below(100) });

  /** One or many of something, or what else a relation may be populated with. */
  const several = (many, make) => {
    if (random.chance(0.12)) return null;
    if (random.chance(0.08)) return { count: random.below(5) };
    if (many === random.chance(0.05)) return make();
    return random.times(0, 3, make);
  };
  const withNulls = (make) => () => (random.chance(0.08) ? null : make());
  const withIds = (make) => () => (random.chance(0.08) ? random.below(100) : make());

  const morphElement = (depth) => {
    if (random.chance(0.05)) return { id: 7, title: 'nobody knows what this is' };
    if (random.chance(0.03)) return random.pick([5, 'text', [{ id: 1 }]]);
    const uid = random.chance(0.05) ? random.pick([...componentUids, ...uids]) : random.pick(uids);
    return define(one(uid, depth), '__type', uid);
  };

  /** Strapi leaves these alone unless they say what they are: see deviations.test.mjs. */
  const morphOrigin = (uid, depth) =>
    random.chance(0.5)
      ? define(one(uid, depth), '__type', uid)
      : { id: random.below(100), documentId: 'abc', extra: json(2) };

  const related = (attribute, depth) => {
    const many = isMany(attribute.relation);
    if (isMorphTo(attribute)) return several(many, () => morphElement(depth));
    if (isMorphFrom(attribute)) return several(many, () => morphOrigin(attribute.target, depth));
    return several(many, withNulls(withIds(() => one(attribute.target, depth))));
  };

  const zoneElement = (depth) => {
    const uid = random.pick(componentUids);
    return define(one(uid, depth), '__component', uid);
  };

  const value = (attribute, depth) => {
    switch (attribute.type) {
      case 'relation':
        return related(attribute, depth);
      case 'media':
        return several(
          attribute.multiple,
          withNulls(() => one('plugin::upload.file', depth)),
        );
      case 'component':
        return several(
          attribute.repeatable,
          withNulls(() => one(attribute.component, depth)),
        );
      case 'dynamiczone':
        if (componentUids.length === 0 || random.chance(0.1)) return null;
        return random.times(
          0,
          3,
          withNulls(() => zoneElement(depth)),
        );
      default:
        return scalar(attribute);
    }
  };

  const entity = (uid, depth) => {
    const fields = [
      ['id', 1 + random.below(1000)],
      ['documentId', 'd0cum3nt1d'],
    ];
    const { attributes } = strapi.getModel(uid);
    // An attribute of that name may be one whose odd shapes are in deviations.test.mjs.
    const unknown = UNKNOWN_KEYS.filter((key) => !Object.hasOwn(attributes, key));
    for (const key of random.some(unknown, 0.05)) fields.push([key, json(2)]);
    const populated = random.chance(0.8) ? 0.75 : 0.1;
    for (const [name, attribute] of Object.entries(attributes)) {
      if (!random.chance(populated)) continue;
      fields.push([name, random.chance(0.02) ? undefined : value(attribute, depth)]);
    }
    const made = {};
    for (const [name, item] of random.shuffle(fields)) define(made, name, item);
    return made;
  };

  return {
    /** An entity of this type, now and then several. */
    data(uid) {
      const depth = random.pick([1, 1, 2, 3]);
      return random.chance(0.05)
        ? random.times(0, 3, () => entity(uid, depth))
        : entity(uid, depth);
    },
  };
}

/** Sets a field, whatever its name means to JavaScript. */
function define(object, name, value) {
  return Object.defineProperty(object, name, {
    value,
    enumerable: true,
    configurable: true,
    writable: true,
  });
}

// The kinds of content of the matrix, each with what its documents are written with.
import * as uids from './readers.mjs';

/** `made` and `changed` are what documents are written with. */
const entry = (uid, field, traits = {}) => {
  const name = uid.split('.')[1];
  const made = () => ({ [field]: 'new' });
  const changed = () => ({ [field]: 'edited' });
  return { kind: 'collection', uid, name, plural: `${name}s`, made, changed, ...traits };
};
const single = (uid, field, traits) =>
  entry(uid, field, { kind: 'single', single: true, ...traits });

let people = 0;
export const user = {
  /** The id of the role they get; known when there is an application. */
  role: null,
  kind: 'user',
  uid: uids.USER,
  name: 'user',
  made: () => {
    const username = `person-${(people += 1)}`;
    return { username, email: `${username}@example.com`, password: 'Passw0rd!', role: user.role };
  },
  changed: () => ({ username: `renamed-${(people += 1)}` }),
};

let uploads = 0;
const file = {
  kind: 'file',
  uid: uids.FILE,
  name: 'file',
  made: () => {
    const hash = `hash-${(uploads += 1)}`;
    const content = { hash, url: `/uploads/${hash}.txt`, ext: '.txt', mime: 'text/plain', size: 1 };
    return { name: 'new.txt', folderPath: '/', provider: 'local', ...content };
  },
  changed: () => ({ name: 'edited.txt' }),
};

export const TYPES = [
  entry(uids.NOTE, 'text'),
  entry(uids.ARTICLE, 'title', { drafts: true }),
  entry(uids.SLOGAN, 'title', { localized: true }),
  entry(uids.PAGE, 'title', { drafts: true, localized: true }),
  single(uids.HOMEPAGE, 'headline'),
  single(uids.BANNER, 'title', { drafts: true }),
  single(uids.FOOTER, 'title', { localized: true }),
  single(uids.LANDING, 'title', { drafts: true, localized: true }),
  user,
  file,
];

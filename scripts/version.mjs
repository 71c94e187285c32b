// Run by `npm version`: the crate, the playground and the generated loader follow the package's version.
import fs from 'node:fs';
import path from 'node:path';
import { main } from './lib/log.mjs';
import { bin, root } from './lib/paths.mjs';
import { node } from './lib/run.mjs';

const edit = (file, change) => {
  const at = path.join(root, file);
  const before = fs.readFileSync(at, 'utf8');
  const after = change(before);
  if (after === before) throw new Error(`${file} has no version to change`);
  fs.writeFileSync(at, after);
};

await main(async () => {
  const { version } = JSON.parse(fs.readFileSync(path.join(root, 'package.json'), 'utf8'));
  const old = /^version = "(.+)"$/m.exec(fs.readFileSync(path.join(root, 'Cargo.toml'), 'utf8'))[1];
  const crate = (text) =>
    text.replace(
      `name = "plugin-io"\nversion = "${old}"`,
      `name = "plugin-io"\nversion = "${version}"`,
    );
  edit('Cargo.toml', crate);
  edit('Cargo.lock', crate);
  edit('playground/package.json', (text) =>
    text.replace(`/plugin-io": "${old}"`, `/plugin-io": "${version}"`),
  );
  edit('index.js', (text) => text.replaceAll(old, version));
  await node([bin('@napi-rs/cli/dist/cli.js'), 'version']);
});

// Writes what each version of the federation specification and of its companions
// defines, as Apollo's tools have it: ../../../link/testdata/specs.json.

import { createRequire } from 'node:module';
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const require = createRequire(import.meta.url);
const internals = require('@apollo/federation-internals');
const { parse } = require('graphql');

const features = {
  federation: internals.FEDERATION_VERSIONS,
  tag: internals.TAG_VERSIONS,
  inaccessible: internals.INACCESSIBLE_VERSIONS,
  cost: internals.COST_VERSIONS,
  context: internals.CONTEXT_VERSIONS,
  authenticated: internals.AUTHENTICATED_VERSIONS,
  requiresScopes: internals.REQUIRES_SCOPES_VERSIONS,
  policy: internals.POLICY_VERSIONS,
  cacheTag: internals.CACHE_TAG_VERSIONS,
};

// elements gives the directives and types that a subgraph has by a link alone.
function elements(name, version) {
  const link = `@link(url: "https://specs.apollo.dev/${name}/${version}")`;
  const federation = name === 'federation' ? '' : '@link(url: "https://specs.apollo.dev/federation/v2.14")';
  const sdl = `extend schema ${federation} ${link}\n type Query { a: Int }`;
  const subgraph = internals.buildSubgraph('s', 'http://s', parse(sdl));
  const own = (n) => (n === name ? n : n.startsWith(name + '__') ? n.slice(name.length + 2) : undefined);
  const out = { directives: {}, types: [] };
  for (const d of subgraph.schema.directives()) {
    const canonical = own(d.name);
    if (canonical === undefined) continue;
    out.directives[canonical] = {
      repeatable: d.repeatable,
      locations: [...d.locations].sort(),
      arguments: Object.fromEntries(d.arguments().map((a) => [a.name, String(a.type).replace(/\w+__/, '') + (a.defaultValue === undefined ? '' : ` = ${a.defaultValue}`)])),
    };
  }
  for (const t of subgraph.schema.types()) {
    const canonical = own(t.name);
    if (canonical !== undefined) out.types.push(canonical);
  }
  out.types.sort();
  return out;
}

const all = {};
for (const [name, definitions] of Object.entries(features)) {
  for (const version of definitions.versions()) {
    const key = `${name}/v${version.major}.${version.minor}`;
    all[key] = elements(name, `v${version.major}.${version.minor}`);
  }
}
const here = path.dirname(fileURLToPath(import.meta.url));
const file = path.join(here, '..', '..', '..', 'link', 'testdata', 'specs.json');
fs.mkdirSync(path.dirname(file), { recursive: true });
fs.writeFileSync(file, JSON.stringify(all, null, 1) + '\n');
console.log(`${Object.keys(all).length} specifications`);

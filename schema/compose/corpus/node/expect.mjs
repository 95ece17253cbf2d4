// Composes every set of the corpus with Apollo's and The Guild's composers and
// writes what they say into the set: expected.json, and apollo.graphql, the
// supergraph that Apollo's composer writes.
//
//   node expect.mjs [SET.txtar ...]

import { createRequire } from 'node:module';
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import * as archives from './archive.mjs';

// Both composers are loaded as CommonJS, so that they share one graphql module.
const require = createRequire(import.meta.url);
const { parse } = require('graphql');
const apollo = require('@apollo/composition');
const guild = require('@theguild/federation-composition');

const here = path.dirname(fileURLToPath(import.meta.url));
const sets = path.join(here, '..', 'testdata');

const version = (name) => JSON.parse(fs.readFileSync(path.join(here, 'node_modules', name, 'package.json'), 'utf8')).version;
const versions = { apollo: version('@apollo/composition'), guild: version('@theguild/federation-composition') };

const unique = (codes) => [...new Set(codes)].sort();

function compose(composer, subgraphs) {
  try {
    const services = subgraphs.map((s) => ({ name: s.name, url: `http://${s.name}`, typeDefs: parse(s.sdl) }));
    return composer(services);
  } catch (e) {
    // Not a verdict of the composer: text that is no GraphQL, or a crash.
    const code = e.name === 'GraphQLError' ? (e.extensions?.code ?? 'INVALID_GRAPHQL') : 'CRASH';
    return { errors: [{ message: e.message, extensions: { code } }] };
  }
}

function verdict(version, result) {
  const errors = result.errors ?? [];
  return {
    version,
    accepts: errors.length === 0,
    codes: unique(errors.map((e) => e.extensions?.code ?? 'NO_CODE')),
  };
}

function expect(file) {
  const archive = archives.parse(fs.readFileSync(file, 'utf8'));
  // A set may borrow its subgraphs from the composer's own cases.
  const from = archive.comment.match(/^from: (\S+)$/m);
  const source = from ? archives.parse(fs.readFileSync(path.join(sets, from[1]), 'utf8')) : archive;
  const subgraphs = archives.subgraphs(source);
  const a = compose((s) => apollo.composeServices(s), subgraphs);
  const g = compose((s) => guild.composeServices(s), subgraphs);
  const expected = {
    apollo: { ...verdict(versions.apollo, a), hints: unique((a.hints ?? []).map((h) => h.definition.code)) },
    guild: verdict(versions.guild, g),
  };
  archive.files = archive.files.filter((f) => f.name !== 'expected.json' && f.name !== 'apollo.graphql');
  archive.files.push({ name: 'expected.json', data: JSON.stringify(expected, null, 2) + '\n' });
  if (a.supergraphSdl) {
    archive.files.push({ name: 'apollo.graphql', data: a.supergraphSdl });
  }
  fs.writeFileSync(file, archives.format(archive));
  if (process.env.VERBOSE) {
    console.log(path.basename(file), JSON.stringify(expected));
    for (const e of a.errors ?? []) console.log('   ', e.extensions?.code, e.message);
  }
}

const named = process.argv.slice(2);
const files = named.length > 0 ? named : fs.readdirSync(sets).filter((f) => f.endsWith('.txtar')).sort().map((f) => path.join(sets, f));
for (const file of files) {
  expect(file);
}
console.log(`${files.length} sets`);
